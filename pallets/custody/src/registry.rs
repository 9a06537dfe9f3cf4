//! The registry of assets.

use crate::{AssetInfo, AssetKind, Assets, Config, Error, Pallet};
use frame_support::{
    dispatch::DispatchResult,
    ensure,
    traits::{Get, fungibles::Inspect as _},
};

impl<T: Config> Pallet<T> {
    /// Registers an asset under a free index, or changes the minimum deposit of the same asset.
    pub(crate) fn register(asset: u8, info: AssetInfo) -> DispatchResult {
        ensure!(
            u16::from(asset) < T::Market::get().assets,
            Error::<T>::AssetBeyondMarket
        );
        Self::ensure_amount(info.minimum_deposit)?;
        if let Some(present) = Assets::<T>::get(asset) {
            ensure!(present.kind == info.kind, Error::<T>::AssetKindFixed);
        }
        let elsewhere =
            Assets::<T>::iter().any(|(index, other)| index != asset && other.kind == info.kind);
        ensure!(!elsewhere, Error::<T>::AssetRegisteredTwice);
        if let AssetKind::Token(id) = info.kind {
            ensure!(T::Tokens::asset_exists(id), Error::<T>::TokenMissing);
        }
        Assets::<T>::insert(asset, info);
        Ok(())
    }
}

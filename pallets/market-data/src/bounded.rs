//! Snapshots of bounded size, as the chain stores them.

use clearproof_primitives::{
    field::FieldBytes,
    fixed::{Price, Rate},
    shape::MarketShape,
    snapshot::{Snapshot, SnapshotError},
    time::Millis,
};
use codec::{Compact, Decode, Encode, MaxEncodedLen};
use core::marker::PhantomData;
use frame_support::{
    BoundedVec, CloneNoBound, DebugNoBound, EqNoBound, PartialEqNoBound, traits::Get,
};
use scale_info::TypeInfo;

/// The market's number of instrument slots.
pub struct SlotCount<M>(PhantomData<M>);

impl<M: Get<MarketShape>> Get<u32> for SlotCount<M> {
    fn get() -> u32 {
        M::get().instruments as u32
    }
}

/// The market's number of assets.
pub struct AssetCount<M>(PhantomData<M>);

impl<M: Get<MarketShape>> Get<u32> for AssetCount<M> {
    fn get() -> u32 {
        M::get().assets as u32
    }
}

/// The largest number of feeds on which something can be listed: each underlying, each asset, and
/// forward and smile of as many expiries as there are slots.
pub struct FeedCount<M>(PhantomData<M>);

impl<M: Get<MarketShape>> Get<u32> for FeedCount<M> {
    fn get() -> u32 {
        let market = M::get();
        [
            market.underlyings,
            market.assets,
            market.instruments,
            market.instruments,
        ]
        .map(u32::from)
        .into_iter()
        .fold(0, u32::saturating_add)
    }
}

/// A snapshot that passed [`Snapshot::check`] against the market `M`, which bounds its encoded
/// length.
///
/// It is made by `try_from` only. Decoding does not check again. It encodes exactly as the
/// [`Snapshot`] inside.
#[derive(
    Encode,
    Decode,
    TypeInfo,
    CloneNoBound,
    DebugNoBound,
    EqNoBound,
    PartialEqNoBound
)]
#[scale_info(skip_type_params(M))]
#[codec(encode_bound())]
#[codec(decode_bound())]
pub struct BoundedSnapshot<M>(Snapshot, PhantomData<M>);

impl<M> BoundedSnapshot<M> {
    /// The snapshot.
    pub fn into_inner(self) -> Snapshot {
        self.0
    }
}

impl<M: Get<MarketShape>> TryFrom<Snapshot> for BoundedSnapshot<M> {
    type Error = SnapshotError;

    fn try_from(snapshot: Snapshot) -> Result<Self, SnapshotError> {
        snapshot.check(&M::get())?;
        Ok(Self(snapshot, PhantomData))
    }
}

impl<M: Get<MarketShape>> MaxEncodedLen for BoundedSnapshot<M> {
    fn max_encoded_len() -> usize {
        let market = M::get();
        let list = |length: u16, item: usize| {
            let items = usize::from(length).saturating_mul(item);
            items.saturating_add(Compact::<u32>::max_encoded_len())
        };
        let row = [
            <[Price; 5]>::max_encoded_len(),
            list(market.scenarios, i64::max_encoded_len()),
            <[bool; 2]>::max_encoded_len(),
            Rate::max_encoded_len(),
            u64::max_encoded_len(),
        ];
        let number_and_time = <[u64; 2]>::max_encoded_len();
        let rates = <[Rate; 2]>::max_encoded_len();
        [
            number_and_time,
            list(market.assets, Price::max_encoded_len()),
            list(market.underlyings, <[u32; 2]>::max_encoded_len()),
            rates,
            list(market.instruments, row.into_iter().sum()),
        ]
        .into_iter()
        .sum()
    }
}

/// The part of a snapshot that settlement needs, stored apart so that settlement need not decode
/// all of it.
#[derive(
    Encode,
    Decode,
    MaxEncodedLen,
    TypeInfo,
    CloneNoBound,
    DebugNoBound,
    EqNoBound,
    PartialEqNoBound
)]
#[scale_info(skip_type_params(M))]
#[codec(mel_bound())]
pub struct SnapshotRecord<M: Get<MarketShape>> {
    /// The snapshot's hash.
    pub hash: FieldBytes,
    /// Time at which it was taken, milliseconds since the Unix epoch.
    pub taken_at: Millis,
    /// Marks of the instruments that trade, 0 for the others. The instrument of a suspended row
    /// trades if its mark is held back, and does not trade if its feed is halted.
    pub marks: BoundedVec<Price, SlotCount<M>>,
    /// Largest distances of clearing prices from the marks, 32.32 quote units per lot.
    pub bands: BoundedVec<Price, SlotCount<M>>,
    /// Largest premiums that count for funding, 32.32 quote units per lot; 0 where there is no
    /// funding.
    pub premium_caps: BoundedVec<Price, SlotCount<M>>,
    /// Time in which a premium that stays is paid once, milliseconds.
    pub funding_interval: Millis,
    /// Lots that a venue's accounts may hold. Above this number they may only reduce their
    /// positions; 0 for an empty slot.
    pub open_interest_caps: BoundedVec<u64, SlotCount<M>>,
    /// The chain's share of the fees.
    pub protocol_share: Rate,
}

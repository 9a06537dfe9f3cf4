//! The chain's record of its validators.

use anyhow::{Context, Result};
use subxt::{
    OnlineClient, PolkadotConfig,
    client::{ClientAtBlock, OnlineClientAtBlockImpl},
    dynamic::{self, Value},
    ext::scale_decode::DecodeAsType,
    utils::AccountId32,
};

type AtBlock = ClientAtBlock<PolkadotConfig, OnlineClientAtBlockImpl<PolkadotConfig>>;

/// A kind of offence, under the chain's identifier.
#[derive(Clone, Copy, Debug)]
pub struct Offence([u8; 16]);

impl Offence {
    /// A validator made two blocks in one slot.
    pub const TWO_BLOCKS: Self = Self(*b"babe:equivocatio");
    /// A validator cast two votes in one round.
    pub const TWO_VOTES: Self = Self(*b"grandpa:equivoca");
}

/// The part of a bond that is read.
#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Bond {
    active: u128,
}

/// A connection to a node for reading this record.
pub struct Validators(OnlineClient<PolkadotConfig>);

/// The chain at one final block.
pub struct Moment(AtBlock);

impl Validators {
    /// Connects to a node.
    ///
    /// # Errors
    /// The node does not answer.
    pub async fn connect(url: &str) -> Result<Self> {
        let api = OnlineClient::from_insecure_url(url).await;
        Ok(Self(api.with_context(|| url.to_string())?))
    }

    /// Returns the chain at its last final block.
    ///
    /// # Errors
    /// The node does not answer.
    pub async fn now(&self) -> Result<Moment> {
        Ok(Moment(self.0.at_current_block().await?))
    }
}

impl Moment {
    /// Returns the set as the next session's planning will see it.
    ///
    /// # Errors
    /// The node does not answer.
    pub async fn members(&self) -> Result<Vec<AccountId32>> {
        let members = dynamic::storage::<(), Vec<AccountId32>>("ValidatorSet", "Members");
        Ok(self.0.storage().fetch(members, ()).await?.decode()?)
    }

    /// Returns an account's active bond, without amounts that are being withdrawn, in smallest
    /// units.
    ///
    /// # Errors
    /// The node does not answer, or nothing is bonded.
    pub async fn bond_of(&self, who: &AccountId32) -> Result<u128> {
        let bonds = dynamic::storage::<(AccountId32,), Bond>("ValidatorSet", "Bonds");
        let bond = self.0.storage().fetch(bonds, (*who,)).await?;
        Ok(bond.decode()?.active)
    }

    /// True if an account has committed an offence that is not forgiven.
    ///
    /// # Errors
    /// The node does not answer.
    pub async fn is_offender(&self, who: &AccountId32) -> Result<bool> {
        let offenders = dynamic::storage::<(AccountId32,), Value>("ValidatorSet", "Offenders");
        let storage = self.0.storage();
        let offence = storage.try_fetch(offenders, (*who,)).await?;
        Ok(offence.is_some())
    }

    /// True if the chain has a report of an offence of this kind.
    ///
    /// # Errors
    /// The node does not answer.
    pub async fn has_seen(&self, offence: Offence) -> Result<bool> {
        // The map's keys are the kind, then the slot or round.
        let reports =
            dynamic::storage::<([u8; 16], Vec<u8>), Value>("Offences", "ConcurrentReportsIndex");
        let mut of_kind = self.0.storage().iter(reports, (offence.0,)).await?;
        Ok(of_kind.next().await.transpose()?.is_some())
    }

    /// Returns the validators that may not author blocks.
    ///
    /// # Errors
    /// The node does not answer.
    pub async fn disabled(&self) -> Result<Vec<AccountId32>> {
        let storage = self.0.storage();
        let validators = dynamic::storage::<(), Vec<AccountId32>>("Session", "Validators");
        let validators = storage.fetch(validators, ()).await?.decode()?;
        let disabled = dynamic::storage::<(), Vec<(u32, Value)>>("Session", "DisabledValidators");
        let disabled = storage.fetch(disabled, ()).await?.decode()?;
        let index = |index: u32| validators.get(usize::try_from(index).ok()?).cloned();
        Ok(disabled.into_iter().filter_map(|(i, _)| index(i)).collect())
    }
}

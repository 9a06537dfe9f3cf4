//! A trader: keys, deposits on the chain, signed order sets.

use clearproof_engine::DepositReceived;
use clearproof_primitives::{
    batch::Deposit,
    eddsa::SecretKey,
    field::Fr,
    fixed::Rate,
    ids::{AccountIndex, VenueId},
    order::{Order, OrderSet, Request, SignedOrderSet, WithdrawalRequest},
    shape::Shape,
    time::Millis,
};
use clearproof_runtime::{AccountId, Custody, RuntimeOrigin};
use sp_runtime::DispatchResult;

/// A trader of one venue.
#[derive(Clone)]
pub struct Trader {
    /// Account on the chain.
    pub who: AccountId,
    /// Signs order sets.
    pub key: SecretKey,
    /// Account index at the venue, once a deposit was taken.
    pub account: AccountIndex,
    /// Sequence of the last order set.
    pub sequence: u64,
}

impl Trader {
    /// A trader whose secrets follow from a seed.
    pub fn new(who: AccountId, seed: u8) -> Self {
        Self {
            who,
            key: SecretKey::new([seed; 32]),
            account: AccountIndex::default(),
            sequence: 0,
        }
    }

    /// Deposits on the chain.
    pub fn deposit(&self, venue: VenueId, asset: u8, amount: u64) -> DispatchResult {
        let owner = self.key.public_key().compress();
        Custody::deposit(
            RuntimeOrigin::signed(self.who.clone()),
            venue,
            asset,
            amount,
            owner,
        )
    }

    /// The queue's record with the owner's key.
    pub fn received(&self, number: u64, deposit: Deposit) -> DepositReceived {
        DepositReceived {
            number,
            deposit,
            owner: self.key.public_key(),
        }
    }

    /// A signed order set with the next sequence number.
    pub fn order_set(
        &mut self,
        shape: &Shape,
        genesis: Fr,
        venue: VenueId,
        orders: Vec<Option<Order>>,
        withdrawal: Option<WithdrawalRequest>,
    ) -> SignedOrderSet {
        self.sequence += 1;
        let set = OrderSet {
            venue,
            account: self.account,
            sequence: self.sequence,
            valid_from: Millis::ZERO,
            valid_until: Millis::new((1 << 48) - 1),
            max_fee: Rate::new(u32::MAX),
            orders,
            request: withdrawal.map(Request::Withdrawal),
        };
        let signature = self.key.sign(set.message(shape, genesis));
        SignedOrderSet {
            set,
            signature,
            trading_key: None,
        }
    }
}

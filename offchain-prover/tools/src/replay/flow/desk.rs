//! The accounts of a replay of order flow, and the order sets that they sign.

use crate::replay::VENUE;
use anyhow::{Context, Result, ensure};
use clearproof_engine::{Candidate, DepositReceived, Venue, VenueConfig};
use clearproof_primitives::{
    account::account_key,
    babyjubjub::PreparedKey,
    batch::Deposit,
    eddsa::SecretKey,
    fixed::{Price, Rate},
    ids::{AccountIndex, Slot},
    order::{Order, OrderSet, Side, SignedOrderSet},
    time::Millis,
};

/// The place of an order: a member and a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Index among the desk's members.
    pub member: usize,
    /// Slot in its order set.
    pub slot: usize,
}

/// An account, and its order set as it will be signed next.
struct Member {
    key: SecretKey,
    prepared: PreparedKey,
    account: AccountIndex,
    sequence: u64,
    orders: Vec<Option<Order>>,
    /// Filled lots of each order, as of the last auction.
    filled: Vec<u64>,
}

/// All accounts.
pub struct Desk {
    config: VenueConfig,
    members: Vec<Member>,
    order_id: u32,
}

impl Desk {
    /// Returns a desk without members.
    pub fn new(config: &VenueConfig) -> Self {
        Self {
            config: config.clone(),
            members: Vec::new(),
            order_id: 0,
        }
    }

    /// Returns the number of members.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Returns the number of orders that a set can hold.
    pub fn orders_per_set(&self) -> usize {
        self.config.shape.orders.into()
    }

    /// Adds a member, whose account opens with this deposit.
    ///
    /// # Errors
    /// The engine refuses the deposit, or no account is free.
    pub fn join(&mut self, venue: &mut Venue, deposit: u64) -> Result<()> {
        let number = venue.deposits_consumed() + 1;
        let mut secret = [0; 32];
        secret[..8].copy_from_slice(&number.to_le_bytes());
        let key = SecretKey::new(secret);
        let owner = key.public_key();
        let point = owner.point();
        let account = venue.deposit(&DepositReceived {
            number,
            deposit: Deposit {
                account_key: account_key((point.x, point.y), 0).into(),
                asset: 0,
                amount: deposit,
            },
            owner,
        })?;
        let slots = self.orders_per_set();
        ensure!(
            account.place() == self.members.len() + 1,
            "account {account} was opened before"
        );
        self.members.push(Member {
            key,
            prepared: PreparedKey::new(owner),
            account,
            sequence: 0,
            orders: vec![None; slots],
            filled: vec![0; slots],
        });
        Ok(())
    }

    /// Returns the member that owns an account.
    pub fn member_of(&self, account: AccountIndex) -> Option<usize> {
        let member = account.place().checked_sub(1)?;
        (member < self.members.len()).then_some(member)
    }

    /// Returns the order at a place.
    pub fn order(&self, place: Place) -> Option<&Order> {
        self.members[place.member].orders[place.slot].as_ref()
    }

    /// Returns the unfilled lots of the order at a place.
    pub fn left(&self, place: Place) -> u64 {
        let member = &self.members[place.member];
        let order = member.orders[place.slot].as_ref();
        order.map_or(0, |order| order.quantity - member.filled[place.slot])
    }

    /// Puts a new order at a place, or removes the order if `lots` is 0; signed with the member's
    /// next set.
    pub fn put(&mut self, place: Place, side: Side, limit: Price, lots: u64) {
        let order = (lots > 0).then(|| {
            self.order_id += 1;
            Order {
                id: self.order_id,
                instrument: Slot::new(0),
                side,
                quantity: lots,
                limit,
                ..Order::default()
            }
        });
        let member = &mut self.members[place.member];
        member.orders[place.slot] = order;
        member.filled[place.slot] = 0;
    }

    /// Removes all orders of a member; signed with its next set.
    pub fn clear(&mut self, member: usize) {
        let member = &mut self.members[member];
        member.orders.fill(None);
        member.filled.fill(0);
    }

    /// Reads the filled lots of a member's orders from the venue.
    pub fn refresh(&mut self, venue: &Venue, member: usize) {
        let member = &mut self.members[member];
        let Some(account) = venue.account(member.account) else {
            return;
        };
        let slots = account.slots.iter().zip(&member.orders);
        for (filled, (slot, order)) in member.filled.iter_mut().zip(slots) {
            let same = order.as_ref().is_some_and(|order| order.id == slot.id);
            *filled = if same { slot.filled } else { 0 };
        }
    }

    /// Signs the member's set and checks its signature.
    ///
    /// # Errors
    /// The venue could not accept the set.
    pub fn sign(&mut self, member: usize, valid_until: Millis) -> Result<Candidate> {
        let config = &self.config;
        let member = &mut self.members[member];
        member.sequence += 1;
        let set = OrderSet {
            venue: VENUE,
            account: member.account,
            sequence: member.sequence,
            valid_from: Millis::ZERO,
            valid_until,
            max_fee: Rate::new(u32::MAX),
            orders: member.orders.clone(),
            request: None,
        };
        let signature = member.key.sign(set.message(&config.shape, config.genesis));
        let signed = SignedOrderSet {
            set,
            signature,
            trading_key: None,
        };
        Candidate::check_prepared(signed, config, &member.prepared)
            .with_context(|| format!("order set of account {}", member.account))
    }
}

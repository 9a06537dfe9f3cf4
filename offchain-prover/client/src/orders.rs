//! Order sets: a builder that fills in the common fields and checks the set before it is signed.

use crate::{Identity, Trader, clock::now_ms};
use clearproof_primitives::{
    babyjubjub::PublicKey,
    field::Fr,
    fixed::{Price, Rate},
    ids::{AccountIndex, Slot},
    order::{
        Delegate, InheritRequest, KeysRequest, Order, OrderSet, OrderSetError, Request, Side,
        SignedOrderSet, TransferRequest, WithdrawalRequest,
    },
    time::Millis,
};
use std::time::Duration;

/// Time for which an order set may be used if its trader does not choose another.
pub const DEFAULT_VALIDITY: Duration = Duration::from_secs(600);
/// The highest fee rate that is accepted if the trader does not choose another: 1 %, as a fraction
/// of 2^32.
pub const DEFAULT_MAX_FEE: Rate = Rate::new(u32::MAX / 100);

/// The reason that an order set cannot be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// A field breaks its limit; the message names both.
    #[error(transparent)]
    Field(#[from] OrderSetError),
    /// All of the shape's slots hold an order.
    #[error("orders: all {0} slots hold an order")]
    NoFreeSlot(u16),
    /// The set has several requests.
    #[error("request: a set has one at most")]
    SeveralRequests,
    /// A trading key may only place orders.
    #[error("request: only the owner's key may sign one")]
    NeedsOwner,
    /// An heir's key takes the account over and does nothing else, and no other key does that.
    #[error("request: an heir's key signs that it takes the account over, and nothing else")]
    Heir,
}

/// Builds an order set for an account of a venue.
///
/// A set replaces the account's live set: it holds all orders that are to be live from now on. The
/// first mistake is kept, and [`build`](Self::build) returns it.
///
/// ```
/// # use clearproof_client::{Identity, OrderSetBuilder};
/// # use clearproof_primitives::{ids::{AccountIndex, Slot, VenueId}, shape::Shape};
/// # let venue = Identity { genesis: [3; 32], venue: VenueId::new(7), shape: Shape::TINY };
/// let account = AccountIndex::new(1);
/// let set = OrderSetBuilder::new(&venue, account, 1).buy(Slot::new(0), 5, 1_000 << 32).build()?;
/// assert_eq!((set.venue.get(), set.account, set.sequence), (7, account, 1));
///
/// let wrong = OrderSetBuilder::new(&venue, account, 1).buy(Slot::new(0), 0, 1_000 << 32).build();
/// let error = wrong.expect_err("no lots").to_string();
/// assert_eq!(error, "orders[0].quantity: must be 1 to 2^48 - 1 lots");
/// # Ok::<_, clearproof_client::BuildError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct OrderSetBuilder {
    venue: Identity,
    set: OrderSet,
    problem: Option<BuildError>,
}

impl OrderSetBuilder {
    /// Begins a set for the account with this index. `sequence` is above that of every earlier set
    /// of the account.
    ///
    /// The set may be used at once, until [`DEFAULT_VALIDITY`] is over, at fees up to
    /// [`DEFAULT_MAX_FEE`].
    pub fn new(venue: &Identity, account: AccountIndex, sequence: u64) -> Self {
        let set = OrderSet {
            venue: venue.venue,
            account,
            sequence,
            valid_from: Millis::ZERO,
            valid_until: end_of(DEFAULT_VALIDITY),
            max_fee: DEFAULT_MAX_FEE,
            orders: Vec::new(),
            request: None,
        };
        Self {
            venue: *venue,
            set,
            problem: None,
        }
    }

    /// Lets the set be used for this long from now on.
    pub fn valid_for(mut self, validity: Duration) -> Self {
        self.set.valid_until = end_of(validity);
        self
    }

    /// Lets the set be used between these times, both included, in milliseconds since the Unix
    /// epoch.
    pub fn valid_between(mut self, from: Millis, until: Millis) -> Self {
        (self.set.valid_from, self.set.valid_until) = (from, until);
        self
    }

    /// Sets the highest fee rate accepted, as a fraction of 2^32.
    pub fn max_fee(mut self, rate: Rate) -> Self {
        self.set.max_fee = rate;
        self
    }

    /// Adds an order to buy `lots` of an instrument for at most `limit` (32.32 quote units per
    /// lot), in the next free slot.
    pub fn buy(self, instrument: Slot, lots: u64, limit: Price) -> Self {
        let order = self.new_order(Side::Buy, instrument, lots, limit);
        self.order(order)
    }

    /// Adds an order to sell `lots` of an instrument for at least `limit` (32.32 quote units per
    /// lot), in the next free slot.
    pub fn sell(self, instrument: Slot, lots: u64, limit: Price) -> Self {
        let order = self.new_order(Side::Sell, instrument, lots, limit);
        self.order(order)
    }

    /// Adds an order in the next free slot.
    ///
    /// An order that keeps its slot and id keeps what was filled of it. The orders of
    /// [`buy`](Self::buy) and [`sell`](Self::sell) are new in each set: their id is the lower half
    /// of the set's sequence.
    pub fn order(mut self, order: Order) -> Self {
        let free = self.set.orders.iter().position(Option::is_none);
        let slot = free.unwrap_or(self.set.orders.len());
        if slot >= usize::from(self.venue.shape.orders) {
            let slots = self.venue.shape.orders;
            return self.problem(BuildError::NoFreeSlot(slots));
        }
        self.set
            .orders
            .resize(self.set.orders.len().max(slot + 1), None);
        self.put(slot, order)
    }

    /// Puts an order into a slot, counted from 0.
    pub fn order_at(mut self, slot: usize, order: Order) -> Self {
        let slots = self.venue.shape.orders;
        if slot >= usize::from(slots) {
            let error = OrderSetError::TooManyOrders(slot.saturating_add(1), slots);
            return self.problem(error.into());
        }
        self.set
            .orders
            .resize(self.set.orders.len().max(slot + 1), None);
        self.put(slot, order)
    }

    /// Withdraws `amount` smallest units of an asset to an account on the chain.
    pub fn withdraw(self, asset: u8, amount: u64, recipient: [u8; 32]) -> Self {
        self.request(Request::Withdrawal(WithdrawalRequest {
            asset,
            amount,
            recipient,
        }))
    }

    /// Sends `amount` smallest units of an asset to another account of the venue: see
    /// [`Trader::account_key`].
    pub fn transfer(self, asset: u8, amount: u64, to: Fr) -> Self {
        self.request(Request::Transfer(TransferRequest {
            asset,
            amount,
            to: to.into(),
        }))
    }

    /// Names the account's trading key from now on, in the place of the one before or of an heir's
    /// key; `None` removes it. The viewing key stays.
    pub fn trading_key(self, key: Option<PublicKey>) -> Self {
        self.keys(key.map(|key| Delegate::Trader(key.into())), None)
    }

    /// Names the key that may take the account over from now on, in the place of the trading key.
    /// Nothing changes hands until that key signs: see [`inherit`](Self::inherit).
    ///
    /// Do not deposit into the account until then: the deposit would go with it.
    pub fn heir(self, key: PublicKey) -> Self {
        self.keys(Some(Delegate::Heir(key.into())), None)
    }

    /// Names the account's keys from now on. `delegate` takes the place of the trading key or
    /// heir's key that is named now: name it again to keep it. Without a viewing key the present
    /// one stays.
    ///
    /// [`Trader::viewing_key`] derives one from the seed of the owner's key.
    pub fn keys(self, delegate: Option<Delegate>, viewing_key: Option<Fr>) -> Self {
        self.request(Request::Keys(KeysRequest {
            delegate,
            viewing_key: viewing_key.map(Into::into),
        }))
    }

    /// Takes the account over, with these keys; for an heir ([`Trader::heir_of`]) to sign. Such a
    /// set has no orders. From then on [`Trader::new`] signs with the same key, for the account's
    /// number plus 32,768.
    pub fn inherit(self, trading_key: Option<PublicKey>, viewing_key: Fr) -> Self {
        self.request(Request::Inherit(InheritRequest {
            trading_key: trading_key.map(Into::into),
            viewing_key: viewing_key.into(),
        }))
    }

    /// Returns the set.
    ///
    /// # Errors
    /// The first mistake; [`BuildError::Field`] names the field and its limit.
    pub fn build(self) -> Result<OrderSet, BuildError> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        self.set.check(&self.venue.shape)?;
        Ok(self.set)
    }

    /// Returns the set, signed.
    ///
    /// # Errors
    /// As [`build`](Self::build); [`BuildError::NeedsOwner`] if the trader signs with a trading key
    /// and the set has a request; and [`BuildError::Heir`] if the trader signs with an heir's key
    /// and the set is not to take the account over, or the other way round.
    pub fn sign(self, trader: &Trader) -> Result<SignedOrderSet, BuildError> {
        let venue = self.venue;
        let set = self.build()?;
        if set.inherits() != trader.is_heir() {
            return Err(BuildError::Heir);
        }
        if set.request.is_some() && trader.is_trading_key() {
            return Err(BuildError::NeedsOwner);
        }
        Ok(trader.sign(&venue, set))
    }

    fn new_order(&self, side: Side, instrument: Slot, quantity: u64, limit: Price) -> Order {
        let bytes = self.set.sequence.to_le_bytes();
        let id = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        Order {
            id: id.max(1),
            instrument,
            side,
            quantity,
            limit,
            ..Order::default()
        }
    }

    fn put(mut self, slot: usize, order: Order) -> Self {
        if let Some(place) = self.set.orders.get_mut(slot) {
            *place = Some(order);
        }
        self
    }

    fn request(mut self, request: Request) -> Self {
        if self.set.request.is_some() {
            return self.problem(BuildError::SeveralRequests);
        }
        self.set.request = Some(request);
        self
    }

    fn problem(mut self, problem: BuildError) -> Self {
        self.problem.get_or_insert(problem);
        self
    }
}

/// Returns the time that lies `validity` ahead on this machine's clock, in milliseconds since the
/// Unix epoch.
fn end_of(validity: Duration) -> Millis {
    now_ms().saturating_add(Millis::of(validity))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use clearproof_primitives::{
        batch::genesis_field, eddsa::SecretKey, ids::VenueId, shape::Shape,
    };

    const VENUE: Identity = Identity {
        genesis: [3; 32],
        venue: VenueId::new(7),
        shape: Shape::TINY,
    };
    const PRICE: Price = 1_000 << 32;

    fn set(account: u32, sequence: u64) -> OrderSetBuilder {
        OrderSetBuilder::new(&VENUE, AccountIndex::new(account), sequence)
    }

    fn builder() -> OrderSetBuilder {
        set(1, 5)
    }

    #[test]
    fn a_set_is_filled_in_and_its_signature_holds() {
        let before = now_ms();
        let trader = Trader::new(SecretKey::new([1; 32]));
        let signed = builder()
            .buy(Slot::new(0), 5, PRICE)
            .sell(Slot::new(0), 3, 2 * PRICE);
        let signed = signed.sign(&trader).unwrap();
        let set = &signed.set;
        let account = AccountIndex::new(1);
        assert_eq!(
            (set.venue, set.account, set.sequence),
            (VENUE.venue, account, 5)
        );
        let end = before + Millis::new(600_000);
        assert!(
            set.valid_from == Millis::ZERO
                && (end..end + Millis::new(5_000)).contains(&set.valid_until)
        );
        let orders: Vec<_> = set.orders.iter().flatten().collect();
        assert_eq!(
            (orders[0].side, orders[0].quantity, orders[0].id),
            (Side::Buy, 5, 5)
        );
        assert_eq!((orders[1].side, orders[1].limit), (Side::Sell, 2 * PRICE));
        let message = set.message(&VENUE.shape, genesis_field(&VENUE.genesis));
        assert!(
            trader
                .public_key()
                .verify(message, &signed.signature)
                .is_ok()
        );
    }

    #[test]
    fn ids_are_never_zero() {
        let large = set(1, 1 << 32).buy(Slot::new(0), 1, PRICE);
        assert_eq!(large.build().unwrap().orders[0].unwrap().id, 1);
    }

    #[test]
    fn every_broken_limit_is_named() {
        let text = |builder: OrderSetBuilder| builder.build().unwrap_err().to_string();
        let instruments = VENUE.shape.market.instruments;
        for (wrong, expected) in [
            (set(0, 5), "account: 0"),
            (set(u32::MAX, 5), "account: 4294967295"),
            (set(1, 0), "sequence: must be at least 1"),
            (
                builder().valid_between(Millis::new(2), Millis::new(1)),
                "valid_from, valid_until",
            ),
            (
                builder().valid_for(Duration::MAX),
                "valid_from, valid_until",
            ),
            (builder().buy(Slot::new(0), 0, PRICE), "orders[0].quantity"),
            (
                builder().sell(Slot::new(0), 1 << 48, PRICE),
                "orders[0].quantity",
            ),
            (builder().buy(Slot::new(0), 1, 0), "orders[0].limit"),
            (
                builder()
                    .buy(Slot::new(0), 1, PRICE)
                    .sell(Slot::new(instruments), 1, PRICE),
                "orders[1].instrument",
            ),
            (
                builder().order_at(9, Order::default()),
                "orders: 10 given, at most 2 fit",
            ),
            (builder().order_at(1, Order::default()), "orders[1].id"),
            (builder().withdraw(0, 0, [1; 32]), "request.amount"),
            (builder().withdraw(200, 1, [1; 32]), "request.asset"),
            (
                builder().transfer(0, 1 << 63, Fr::from(1u64)),
                "request.amount",
            ),
        ] {
            let text = text(wrong);
            assert!(text.starts_with(expected), "{text}");
        }
        let three = builder()
            .buy(Slot::new(0), 1, PRICE)
            .sell(Slot::new(0), 1, PRICE)
            .buy(Slot::new(0), 1, PRICE);
        assert_eq!(three.build(), Err(BuildError::NoFreeSlot(2)));
        let two = builder().withdraw(0, 1, [1; 32]).trading_key(None);
        assert_eq!(two.build(), Err(BuildError::SeveralRequests));
    }

    #[test]
    fn the_first_mistake_is_the_one_that_is_returned() {
        let wrong = builder().withdraw(0, 1, [1; 32]).withdraw(0, 1, [1; 32]);
        let wrong = wrong.buy(Slot::new(0), 0, PRICE).build();
        assert_eq!(wrong, Err(BuildError::SeveralRequests));
    }

    #[test]
    fn a_trading_key_signs_orders_and_no_request() {
        let owner = SecretKey::new([1; 32]).public_key();
        let trader = Trader::with_trading_key(owner, SecretKey::new([2; 32]));
        assert!(builder().buy(Slot::new(0), 1, PRICE).sign(&trader).is_ok());
        let withdrawal = builder().withdraw(0, 1, [1; 32]).sign(&trader);
        assert_eq!(withdrawal.unwrap_err(), BuildError::NeedsOwner);
        let owner = Trader::new(SecretKey::new([1; 32]));
        let key = SecretKey::new([2; 32]).public_key();
        assert!(builder().trading_key(Some(key)).sign(&owner).is_ok());
    }

    #[test]
    fn an_heir_signs_that_it_takes_the_account_over_and_nothing_else() {
        let (old, new) = (SecretKey::new([1; 32]), SecretKey::new([2; 32]));
        let heir = Trader::heir_of(old.public_key(), new.clone());
        let inherits = || builder().inherit(None, Fr::from(5u64));
        let signed = inherits().sign(&heir).unwrap();
        assert_eq!(signed.trading_key, Some(new.public_key()));
        for other in [
            Trader::new(old.clone()),
            Trader::with_trading_key(old.public_key(), new.clone()),
        ] {
            assert_eq!(inherits().sign(&other).unwrap_err(), BuildError::Heir);
        }
        for set in [builder(), builder().trading_key(None)] {
            assert_eq!(set.sign(&heir).unwrap_err(), BuildError::Heir);
        }
        let with_orders = inherits().buy(Slot::new(0), 1, PRICE).sign(&heir);
        assert_eq!(
            with_orders.unwrap_err(),
            BuildError::Field(OrderSetError::InheritWithOrders)
        );
        assert!(
            builder()
                .heir(new.public_key())
                .sign(&Trader::new(old))
                .is_ok()
        );
    }

    /// A change of the viewing key alone would remove the trading key.
    #[test]
    fn another_viewing_key_leaves_the_trading_key_that_is_named_with_it() {
        let owner = Trader::new(SecretKey::new([1; 32]));
        let trading = Delegate::Trader(SecretKey::new([2; 32]).public_key().into());
        let rotated = owner.viewing_key(&VENUE, 1).unwrap();
        let set = builder()
            .keys(Some(trading), Some(rotated))
            .build()
            .unwrap();
        assert_eq!(set.request_parts().payload, (trading.mark(), rotated));
        let kept = builder().trading_key(None).build().unwrap();
        assert_eq!(kept.request_parts().payload, (Fr::default(), Fr::default()));
        let none = builder().keys(None, Some(Fr::default())).build();
        assert_eq!(none, Err(BuildError::Field(OrderSetError::ViewingKey)));
    }
}

//! The JSON-RPC of a venue's operator, over WebSocket or HTTP: one trait with the client's side
//! and, behind the feature `server`, the server's. [`VenueClient`](crate::VenueClient) is the
//! comfortable way to call it.

pub mod auth;
pub mod error;
pub mod number;
pub mod receipt;
pub mod types;

use auth::Access;
use clearproof_primitives::{ids::Slot, time::Millis};
use jsonrpsee::{
    core::{RpcResult, SubscriptionResult},
    proc_macros::rpc,
};
use number::Named;
use receipt::Receipt;
use types::{
    AccountJson, AccountUpdateJson, AuctionJson, BatchJson, BookJson, InstrumentJson,
    SignedOrderSetJson, StatusJson,
};

/// The operator's methods, `venue_…` on the wire. Everything that shows or changes an account needs
/// a signature of its owner's key or its trading key: see [`Access`].
#[cfg_attr(not(feature = "server"), rpc(client, namespace = "venue"))]
#[cfg_attr(feature = "server", rpc(server, client, namespace = "venue"))]
pub trait VenueApi {
    /// Returns the venue's state, and the key that signs receipts.
    #[method(name = "status")]
    async fn status(&self) -> RpcResult<StatusJson>;

    /// Returns the listed instruments with their marks.
    #[method(name = "instruments")]
    async fn instruments(&self) -> RpcResult<Vec<InstrumentJson>>;

    /// Returns the unfilled part of all live orders of an instrument.
    #[method(name = "book")]
    async fn book(&self, instrument: Slot) -> RpcResult<BookJson>;

    /// Checks an order set and makes it the account's live one. Returns the receipt once the set is
    /// on the operator's disk. If the answer is lost on its way, `liveSequence` of the account
    /// shows if the set was accepted.
    #[method(name = "submitOrderSet")]
    async fn submit_order_set(&self, set: Named<SignedOrderSetJson>) -> RpcResult<Receipt>;

    /// Returns figures of the last settled batches, oldest first: at most `last`, 1 to
    /// [`MAX_BATCHES`](types::MAX_BATCHES).
    #[method(name = "batches")]
    async fn batches(&self, last: u32) -> RpcResult<Vec<BatchJson>>;

    /// Returns the account of the key that signed.
    #[method(name = "account")]
    async fn account(&self, auth: Named<Access>) -> RpcResult<AccountJson>;

    /// Cancels all orders of the account of the key that signed in the first auction more than
    /// `timeout` milliseconds (1,000 to 86,400,000) after the last sign of life: this call, or an
    /// accepted order set of the account. `null` lifts it. This is a dead man's switch: call it
    /// again and again.
    #[method(name = "cancelAllAfter")]
    async fn cancel_all_after(&self, auth: Named<Access>, timeout: Option<Millis>)
    -> RpcResult<()>;

    /// Sends the clearing prices of each auction from now on.
    #[subscription(name = "subscribeAuctions" => "auction", unsubscribe = "unsubscribeAuctions", item = AuctionJson)]
    async fn subscribe_auctions(&self) -> SubscriptionResult;

    /// Sends the account of the key that signed: now, after each of its order sets that is
    /// accepted, and after each auction that fills it, leaves its orders out or cancels them by its
    /// timer.
    #[subscription(
        name = "subscribeAccount" => "accountUpdate",
        unsubscribe = "unsubscribeAccount",
        item = AccountUpdateJson
    )]
    async fn subscribe_account(&self, auth: Named<Access>) -> SubscriptionResult;
}

//! The JSON-RPC of a venue's operator, over WebSocket or HTTP: one trait with the client's side and,
//! behind the feature `server`, the server's.

pub mod auth;
pub mod error;
pub mod number;
pub mod receipt;
pub mod types;

use auth::Access;
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

/// The interface. Everything that names an account needs its owner's signature: see [`Access`].
#[cfg_attr(not(feature = "server"), rpc(client, namespace = "venue"))]
#[cfg_attr(feature = "server", rpc(server, client, namespace = "venue"))]
pub trait VenueApi {
    /// The venue's state, and the key that signs receipts.
    #[method(name = "status")]
    async fn status(&self) -> RpcResult<StatusJson>;

    /// Listed instruments with their marks.
    #[method(name = "instruments")]
    async fn instruments(&self) -> RpcResult<Vec<InstrumentJson>>;

    /// What is left of all live orders of an instrument.
    #[method(name = "book")]
    async fn book(&self, instrument: u16) -> RpcResult<BookJson>;

    /// Checks an order set and makes it the account's live one. The receipt comes once the set is on the operator's disk.
    /// Where an answer is lost on its way, `liveSequence` of the account says whether the set was accepted.
    #[method(name = "submitOrderSet")]
    async fn submit_order_set(&self, set: Named<SignedOrderSetJson>) -> RpcResult<Receipt>;

    /// Figures of the last settled batches, oldest first: at most `last`, 1 to [`MAX_BATCHES`](types::MAX_BATCHES).
    #[method(name = "batches")]
    async fn batches(&self, last: u32) -> RpcResult<Vec<BatchJson>>;

    /// The account of the key that signed.
    #[method(name = "account")]
    async fn account(&self, auth: Named<Access>) -> RpcResult<AccountJson>;

    /// Cancels all orders of the account of the key that signed in the first auction after `silence` milliseconds (1,000 to
    /// 86,400,000) in which neither this is called again nor an order set of the account's is accepted; `null` ends that.
    #[method(name = "cancelAfterSilence")]
    async fn cancel_after_silence(
        &self,
        auth: Named<Access>,
        silence: Option<u64>,
    ) -> RpcResult<()>;

    /// Clearing prices of each auction from now on.
    #[subscription(name = "subscribeAuctions" => "auction", unsubscribe = "unsubscribeAuctions", item = AuctionJson)]
    async fn subscribe_auctions(&self) -> SubscriptionResult;

    /// The account of the key that signed: now, after each of its order sets that is accepted, and after each auction that
    /// fills it or leaves its orders out.
    #[subscription(
        name = "subscribeAccount" => "accountUpdate",
        unsubscribe = "unsubscribeAccount",
        item = AccountUpdateJson
    )]
    async fn subscribe_account(&self, auth: Named<Access>) -> SubscriptionResult;
}

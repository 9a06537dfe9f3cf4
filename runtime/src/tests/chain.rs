//! Blocks as a node executes them, in chosen slots by chosen validators.

use crate::{
    AccountId, Babe, Executive, Header, RuntimeCall, Session, UncheckedExtrinsic, apis,
    constants::time,
};
use codec::{Decode, Encode};
use sp_consensus_babe::digests::{CompatibleDigestItem, PreDigest, SecondaryPlainPreDigest};
use sp_runtime::{ApplyExtrinsicResult, Digest, DigestItem, traits::Header as _};

/// Slot of block 1.
const FIRST_SLOT: u64 = 600_000_000;

/// Calls a method of the runtime's interfaces by its name.
pub fn call<T: Decode>(method: &str, arguments: impl Encode) -> T {
    let answer = apis::api::dispatch(method, &arguments.encode()).expect("there is such a method");
    T::decode(&mut answer.as_slice()).expect("the answer has that type")
}

/// The claim of a slot, as its author makes it.
pub fn claim(slot: u64, authority_index: u32) -> DigestItem {
    let claim = SecondaryPlainPreDigest {
        authority_index,
        slot: slot.into(),
    };
    DigestItem::babe_pre_digest(PreDigest::SecondaryPlain(claim))
}

/// A chain that is extended block by block.
pub struct Chain {
    head: Header,
    slot: u64,
}

impl Chain {
    /// Starts a chain with its first block, by `author`.
    pub fn start(author: &AccountId) -> Self {
        let head = Header::new(
            0,
            Default::default(),
            Default::default(),
            Default::default(),
            Digest::default(),
        );
        let mut chain = Self {
            head,
            slot: FIRST_SLOT,
        };
        chain.block_in(FIRST_SLOT, author, vec![]);
        chain
    }

    /// Slot of the last block.
    pub fn slot(&self) -> u64 {
        self.slot
    }

    /// Makes a block in the next slot.
    pub fn block(
        &mut self,
        author: &AccountId,
        transactions: Vec<UncheckedExtrinsic>,
    ) -> Vec<ApplyExtrinsicResult> {
        self.block_in(self.slot + 1, author, transactions)
    }

    /// Makes the first block of the next session.
    pub fn next_session(&mut self, author: &AccountId) {
        let before = Session::current_index();
        let slot = *Babe::current_epoch_start() + time::EPOCH_DURATION_IN_SLOTS;
        self.block_in(slot, author, vec![]);
        assert_eq!(Session::current_index(), before + 1);
    }

    fn block_in(
        &mut self,
        slot: u64,
        author: &AccountId,
        transactions: Vec<UncheckedExtrinsic>,
    ) -> Vec<ApplyExtrinsicResult> {
        // The first block of a session is by a validator of that session, which is still queued.
        let ends = *Babe::current_epoch_start() + time::EPOCH_DURATION_IN_SLOTS;
        let queued = Session::queued_keys().into_iter().map(|(who, _)| who);
        let validators = if self.head.number > 0 && slot >= ends {
            queued.collect()
        } else {
            Session::validators()
        };
        let index = validators.iter().position(|validator| validator == author);
        let header = Header::new(
            self.head.number + 1,
            Default::default(),
            Default::default(),
            self.head.hash(),
            Digest {
                logs: vec![claim(slot, index.expect("the author validates") as u32)],
            },
        );
        Executive::initialize_block(&header);
        let now = slot * time::SLOT_DURATION;
        let clock = RuntimeCall::Timestamp(pallet_timestamp::Call::set { now });
        let results = core::iter::once(UncheckedExtrinsic::new_bare(clock))
            .chain(transactions)
            .map(Executive::apply_extrinsic)
            .collect::<Vec<_>>();
        self.head = Executive::finalize_block();
        self.slot = slot;
        results.into_iter().skip(1).collect()
    }
}

//! Real equivocations, reported as a node reports them: two headers of one slot, two votes of one
//! round.

use super::{
    chain::{Chain, call, claim},
    ext_of,
};
use crate::{
    AccountId, Babe, Balance, Balances, BlockNumber, Grandpa, Hash, Header, Runtime, RuntimeEvent,
    Session, System, UncheckedExtrinsic, ValidatorSet, genesis_presets,
};
use codec::Decode;
use finality_grandpa::{Message, Prevote};
use frame_support::storage::{TransactionOutcome, with_transaction_unchecked};
use pallet_clearproof_validator_set::Event;
use sp_consensus_babe::{
    EquivocationProof as TwoHeaders, OpaqueKeyOwnershipProof, digests::CompatibleDigestItem,
};
use sp_consensus_grandpa::{EquivocationProof as TwoVotes, OpaqueKeyOwnershipProof as VoterProof};
use sp_core::{
    Pair,
    offchain::{TransactionPoolExt, testing::TestTransactionPoolExt},
};
use sp_keyring::{
    Ed25519Keyring,
    Sr25519Keyring::{self, Alice, Bob, Charlie, Dave},
};
use sp_runtime::{
    Digest, DigestItem, DispatchError, Perbill,
    traits::Header as _,
    transaction_validity::{
        InvalidTransaction, TransactionSource, TransactionValidity, TransactionValidityError,
    },
};

fn account(who: Sr25519Keyring) -> AccountId {
    who.to_account_id()
}

fn treasury() -> Balance {
    let account = <Runtime as pallet_clearproof_custody::Config>::Treasury::get();
    Balances::free_balance(account)
}

/// Index of a validator in the present set.
fn index(who: Sr25519Keyring) -> u32 {
    let validators = Session::validators();
    let found = validators.iter().position(|v| *v == account(who));
    found.unwrap() as u32
}

/// A header for a slot as `signer` signs it. The `salt` distinguishes it from others.
fn header(slot: u64, signer: Sr25519Keyring, authority: u32, salt: u8) -> Header {
    let logs = vec![claim(slot, authority)];
    let root = Hash::repeat_byte(salt);
    let mut header = Header::new(2, root, root, root, Digest { logs });
    let seal = signer.sign(header.hash().as_ref());
    header.digest.push(DigestItem::babe_seal(seal.into()));
    header
}

/// Proof that `offender` has authored two blocks in one slot, if it has signed both of them.
fn two_headers(
    slot: u64,
    offender: Sr25519Keyring,
    headers: [(Sr25519Keyring, u8); 2],
) -> TwoHeaders<Header> {
    let [first_header, second_header] =
        headers.map(|(signer, salt)| header(slot, signer, index(offender), salt));
    TwoHeaders {
        offender: offender.public().into(),
        slot: slot.into(),
        first_header,
        second_header,
    }
}

fn equivocation(slot: u64, offender: Sr25519Keyring) -> TwoHeaders<Header> {
    two_headers(slot, offender, [(offender, 1), (offender, 2)])
}

/// Proof that a voter has voted for two blocks in a round, if `targets` differ.
fn two_votes(
    round: u64,
    set: u64,
    voter: Ed25519Keyring,
    targets: [u8; 2],
) -> TwoVotes<Hash, BlockNumber> {
    let vote = |target: u8| {
        let prevote = Prevote {
            target_hash: Hash::repeat_byte(target),
            target_number: 1u32,
        };
        let message = Message::Prevote(prevote.clone());
        let payload = sp_consensus_grandpa::localized_payload(round, set, &message);
        (prevote, voter.pair().sign(&payload).into())
    };
    let equivocation = finality_grandpa::Equivocation {
        round_number: round,
        identity: voter.public().into(),
        first: vote(targets[0]),
        second: vote(targets[1]),
    };
    TwoVotes::new(
        set,
        sp_consensus_grandpa::Equivocation::Prevote(equivocation),
    )
}

/// Runs a test on the chain of four validators; see [`run_on`].
fn run(test: impl FnOnce(Chain, &dyn Fn() -> UncheckedExtrinsic)) {
    run_on(genesis_presets::LOCAL, test);
}

/// Runs a test on a preset's chain, after its first block. The test can take the transactions that
/// the runtime has submitted to the node's pool.
fn run_on(preset: &str, test: impl FnOnce(Chain, &dyn Fn() -> UncheckedExtrinsic)) {
    let (pool, submitted) = TestTransactionPoolExt::new();
    let mut ext = ext_of(preset);
    ext.register_extension(TransactionPoolExt::new(pool));
    ext.execute_with(|| {
        let take = || {
            let bytes = submitted.write().transactions.pop().unwrap();
            UncheckedExtrinsic::decode(&mut bytes.as_slice()).unwrap()
        };
        test(Chain::start(&account(Alice)), &take);
    });
}

/// Has the runtime submit a report of two headers, as a node does that has seen them.
fn submit_headers(proof: &TwoHeaders<Header>, owner: &OpaqueKeyOwnershipProof) {
    let method = "BabeApi_submit_report_equivocation_unsigned_extrinsic";
    assert_eq!(call::<Option<()>>(method, (proof, owner)), Some(()));
}

fn author_proof(proof: &TwoHeaders<Header>) -> OpaqueKeyOwnershipProof {
    let arguments = (proof.slot, &proof.offender);
    call::<Option<_>>("BabeApi_generate_key_ownership_proof", arguments).unwrap()
}

fn submit_votes(proof: &TwoVotes<Hash, BlockNumber>, owner: &VoterProof) {
    let method = "GrandpaApi_submit_report_equivocation_unsigned_extrinsic";
    assert_eq!(call::<Option<()>>(method, (proof, owner)), Some(()));
}

fn voter_proof(proof: &TwoVotes<Hash, BlockNumber>) -> VoterProof {
    let arguments = (proof.set_id(), proof.offender());
    call::<Option<_>>("GrandpaApi_generate_key_ownership_proof", arguments).unwrap()
}

/// Returns the validity of a transaction as the node's pool sees it. As in the pool, the check
/// changes no state.
fn validity(source: TransactionSource, transaction: &UncheckedExtrinsic) -> TransactionValidity {
    let method = "TaggedTransactionQueue_validate_transaction";
    with_transaction_unchecked(|| {
        let answer = call(method, (source, transaction, System::parent_hash()));
        TransactionOutcome::Rollback(answer)
    })
}

const STALE: TransactionValidityError =
    TransactionValidityError::Invalid(InvalidTransaction::Stale);

/// One of four has equivocated: it loses `(3/4)²` of its bond of 10,000.
const FRACTION: Perbill = Perbill::from_parts(562_500_000);
const SLASHED: Balance = 5_625 * crate::constants::money::CLR;

/// Returns true if the last block punished `who` with this slash.
fn punished(who: Sr25519Keyring) -> bool {
    let noted = RuntimeEvent::ValidatorSet(Event::OffenceNoted {
        who: account(who),
        session: 0,
        fraction: FRACTION,
        slashed: SLASHED,
    });
    System::events()
        .into_iter()
        .any(|record| record.event == noted)
}

/// Checks the consequences of an offence of Bob's in session 0: his bond, his place and his keys
/// are gone.
fn bob_is_punished(chain: &mut Chain, treasury_before: Balance) {
    assert!(punished(Bob));
    assert_eq!(treasury(), treasury_before + SLASHED);
    let bond = 10_000 * crate::constants::money::CLR;
    assert_eq!(ValidatorSet::bond_of(account(Bob)), bond - SLASHED);
    assert_eq!(Session::disabled_validators(), [index(Bob)]);
    assert!(ValidatorSet::offence_of(account(Bob)).is_some());

    chain.next_session(&account(Alice));
    assert!(Session::validators().contains(&account(Bob)));
    assert_eq!(Session::disabled_validators(), [index(Bob)]);
    assert_eq!(ValidatorSet::members().len(), 3);
    // The first author of the new set is identified by the new set, which is why it receives the
    // fees of its block.
    chain.next_session(&account(Dave));
    let validators = Session::validators();
    assert_eq!(validators.len(), 3);
    assert!(!validators.contains(&account(Bob)));
    assert_eq!(
        pallet_clearproof_validator_set::Authored::<Runtime>::iter().collect::<Vec<_>>(),
        [(account(Dave), 1)]
    );
    assert!(Session::disabled_validators().is_empty());
    let author = Bob.public().into();
    assert!(Babe::authorities().iter().all(|(key, _)| *key != author));
    let voter = Ed25519Keyring::Bob.public().into();
    let voters = Grandpa::grandpa_authorities();
    assert_eq!(voters.len(), 3);
    assert!(voters.iter().all(|(key, _)| *key != voter));
}

#[test]
fn two_blocks_in_one_slot_cost_the_bond_and_the_place() {
    run(|mut chain, submitted| {
        let before = treasury();
        let proof = equivocation(chain.slot() + 1, Bob);
        submit_headers(&proof, &author_proof(&proof));
        let report = submitted();
        assert!(validity(TransactionSource::Local, &report).is_ok());
        assert!(validity(TransactionSource::External, &report).is_err());
        assert_eq!(chain.block(&account(Charlie), vec![report]), [Ok(Ok(()))]);
        bob_is_punished(&mut chain, before);
    });
}

#[test]
fn two_votes_in_one_round_cost_the_bond_and_the_place() {
    run(|mut chain, submitted| {
        let before = treasury();
        let proof = two_votes(7, 0, Ed25519Keyring::Bob, [1, 2]);
        submit_votes(&proof, &voter_proof(&proof));
        let report = submitted();
        assert!(validity(TransactionSource::Local, &report).is_ok());
        assert!(validity(TransactionSource::External, &report).is_err());
        assert_eq!(chain.block(&account(Charlie), vec![report]), [Ok(Ok(()))]);
        bob_is_punished(&mut chain, before);
    });
}

#[test]
fn who_registers_other_keys_first_is_punished_all_the_same() {
    run(|mut chain, submitted| {
        let before = treasury();
        let others = super::keys(Sr25519Keyring::Ferdie, Ed25519Keyring::Ferdie);
        pallet_session::NextKeys::<Runtime>::insert(account(Bob), others);
        let headers = equivocation(chain.slot() + 1, Bob);
        submit_headers(&headers, &author_proof(&headers));
        let first = submitted();
        let votes = two_votes(7, 0, Ed25519Keyring::Bob, [1, 2]);
        submit_votes(&votes, &voter_proof(&votes));
        let both = vec![first, submitted()];
        assert_eq!(chain.block(&account(Charlie), both), [Ok(Ok(())); 2]);
        bob_is_punished(&mut chain, before);
    });
}

#[test]
fn both_kinds_in_one_session_are_slashed_once() {
    run(|mut chain, submitted| {
        let headers = equivocation(chain.slot() + 1, Bob);
        submit_headers(&headers, &author_proof(&headers));
        let first = submitted();
        let votes = two_votes(7, 0, Ed25519Keyring::Bob, [1, 2]);
        submit_votes(&votes, &voter_proof(&votes));
        let both = vec![first, submitted()];
        let before = treasury();
        assert_eq!(chain.block(&account(Charlie), both), [Ok(Ok(())); 2]);
        bob_is_punished(&mut chain, before);
    });
}

#[test]
fn a_report_is_taken_once() {
    run(|mut chain, submitted| {
        let proof = equivocation(chain.slot() + 1, Bob);
        submit_headers(&proof, &author_proof(&proof));
        let report = submitted();
        chain.block(&account(Charlie), vec![report.clone()]);
        let before = treasury();
        assert_eq!(validity(TransactionSource::Local, &report), Err(STALE));
        assert_eq!(chain.block(&account(Dave), vec![report]), [Err(STALE)]);
        assert_eq!(treasury(), before);
    });
}

#[test]
fn an_old_offence_is_proved_with_the_root_of_its_session() {
    run(|mut chain, submitted| {
        let before = treasury();
        let proof = equivocation(chain.slot() + 1, Bob);
        let owner = author_proof(&proof);
        chain.next_session(&account(Alice));
        chain.next_session(&account(Alice));
        submit_headers(&proof, &owner);
        let report = submitted();
        assert_eq!(chain.block(&account(Charlie), vec![report]), [Ok(Ok(()))]);
        assert!(punished(Bob));
        assert_eq!(treasury(), before + SLASHED);
    });
}

#[test]
fn what_proves_no_equivocation_costs_nothing() {
    run(|mut chain, submitted| {
        let before = treasury();
        let slot = chain.slot() + 1;
        let refused: DispatchError = pallet_babe::Error::<Runtime>::InvalidEquivocationProof.into();
        // A header that somebody else has signed, and one header twice.
        let foreign = two_headers(slot, Bob, [(Bob, 1), (Charlie, 2)]);
        let mut same = equivocation(slot, Bob);
        same.second_header = same.first_header.clone();
        for proof in [foreign, same] {
            submit_headers(&proof, &author_proof(&proof));
            let report = submitted();
            let results = chain.block(&account(Dave), vec![report]);
            assert_eq!(results, [Ok(Err(refused))]);
        }
        let refused: DispatchError =
            pallet_grandpa::Error::<Runtime>::InvalidEquivocationProof.into();
        // One vote twice, and votes of a set that does not exist yet.
        for (set, targets) in [(0, [1, 1]), (1, [1, 2])] {
            let proof = two_votes(7, set, Ed25519Keyring::Bob, targets);
            submit_votes(&proof, &voter_proof(&proof));
            let report = submitted();
            let results = chain.block(&account(Dave), vec![report]);
            assert_eq!(results, [Ok(Err(refused))]);
        }
        assert_eq!(treasury(), before);
        assert_eq!(ValidatorSet::offence_of(account(Bob)), None);
        assert!(Session::disabled_validators().is_empty());
    });
}

#[test]
fn a_proof_of_anothers_key_is_refused() {
    run(|mut chain, submitted| {
        let proof = equivocation(chain.slot() + 1, Bob);
        let others = author_proof(&equivocation(chain.slot() + 1, Charlie));
        submit_headers(&proof, &others);
        let report = submitted();
        let bad = TransactionValidityError::Invalid(InvalidTransaction::BadProof);
        assert_eq!(validity(TransactionSource::Local, &report), Err(bad));
        assert_eq!(chain.block(&account(Dave), vec![report]), [Err(bad)]);
    });
}

#[test]
#[should_panic(expected = "is disabled and should not be attempting to author blocks")]
fn a_disabled_validator_authors_no_block() {
    run(|mut chain, submitted| {
        let proof = equivocation(chain.slot() + 1, Bob);
        submit_headers(&proof, &author_proof(&proof));
        let report = submitted();
        chain.block(&account(Charlie), vec![report]);
        chain.block(&account(Bob), vec![]);
    });
}

#[test]
fn several_equivocators_lose_more_and_the_set_keeps_its_minimum() {
    run(|mut chain, submitted| {
        let slot = chain.slot() + 1;
        let mut reports = Vec::new();
        for offender in [Bob, Charlie] {
            let proof = equivocation(slot, offender);
            submit_headers(&proof, &author_proof(&proof));
            reports.push(submitted());
        }
        assert_eq!(chain.block(&account(Dave), reports), [Ok(Ok(())); 2]);
        // Two of four in the same slot: (6/4)², which is everything, for the first one too.
        for offender in [Bob, Charlie] {
            assert_eq!(ValidatorSet::bond_of(account(offender)), 0);
        }
        assert_eq!(
            Session::disabled_validators().len(),
            1,
            "of four at most one"
        );
        chain.next_session(&account(Alice));
        let members = ValidatorSet::members();
        assert_eq!(members.len(), 3);
        let stays = |who| members.contains(&account(who));
        assert_ne!(stays(Bob), stays(Charlie), "one of them has to stay");
        chain.next_session(&account(Alice));
        assert_eq!(Session::validators(), members);
    });
}

#[test]
fn the_only_validator_is_slashed_and_stays() {
    run_on(genesis_presets::DEVELOPMENT, |mut chain, submitted| {
        let proof = two_votes(1, 0, Ed25519Keyring::Alice, [1, 2]);
        submit_votes(&proof, &voter_proof(&proof));
        let report = submitted();
        assert_eq!(chain.block(&account(Alice), vec![report]), [Ok(Ok(()))]);
        assert_eq!(ValidatorSet::bond_of(account(Alice)), 0);
        assert!(Session::disabled_validators().is_empty());
        for _ in 0..3 {
            chain.next_session(&account(Alice));
        }
        assert_eq!(Session::validators(), [account(Alice)]);
        assert!(ValidatorSet::offence_of(account(Alice)).unwrap().retained);
    });
}

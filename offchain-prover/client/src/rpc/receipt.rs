//! Receipts: an operator's signed promise that it accepted an order set.

use super::number::{Decimal, ReceiptSignature};
use clearproof_primitives::{
    field::{FieldBytes, Fr},
    ids::AccountIndex,
    order::OrderSet,
    receipt::receipt_message,
    shape::Shape,
    time::Millis,
};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

/// An operator's receipt for an order set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Receipt {
    /// The order set's message, which binds chain, venue and all terms.
    pub message: FieldBytes,
    /// The order set's account.
    pub account: AccountIndex,
    /// The order set's sequence.
    pub sequence: Decimal<u64>,
    /// Its place in the order of arrival.
    pub arrival: Decimal<u64>,
    /// The time at which the operator accepted it, in milliseconds since the Unix epoch.
    pub accepted: Millis,
    /// The operator's signature over [`receipt_message`].
    pub signature: ReceiptSignature,
}

/// Reasons why a receipt does not prove that an order set was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// It is about another order set.
    #[error("receipt.{0}: is not the order set's")]
    OtherOrderSet(&'static str),
    /// The signature is not the operator's.
    #[error("receipt.signature: does not belong to this receipt and the operator's key")]
    Signature,
}

impl Receipt {
    /// Signs a receipt for the order set with this message.
    pub fn issue(
        key: &SigningKey,
        message: Fr,
        (account, sequence): (AccountIndex, u64),
        arrival: u64,
        accepted: Millis,
    ) -> Self {
        let signed = receipt_message(message, account, sequence, arrival, accepted);
        Self {
            message: message.into(),
            account,
            sequence: Decimal(sequence),
            arrival: Decimal(arrival),
            accepted,
            signature: ReceiptSignature(key.sign(&signed)),
        }
    }

    /// Checks that the holder of the key `operator` promised to have accepted `set`. `genesis` is
    /// the chain's genesis field.
    ///
    /// # Errors
    /// The receipt is about another set, or not signed with this key.
    pub fn verify(
        &self,
        operator: &VerifyingKey,
        set: &OrderSet,
        shape: &Shape,
        genesis: Fr,
    ) -> Result<(), ReceiptError> {
        let message = set.message(shape, genesis);
        let same = [
            ("message", self.message == message.into()),
            ("account", self.account == set.account),
            ("sequence", self.sequence.0 == set.sequence),
        ];
        if let Some((field, _)) = same.into_iter().find(|(_, same)| !same) {
            return Err(ReceiptError::OtherOrderSet(field));
        }
        let (sequence, arrival) = (self.sequence.0, self.arrival.0);
        let signed = receipt_message(message, self.account, sequence, arrival, self.accepted);
        // Strict: neither keys nor commitments of small order, under which one signature could hold
        // for several receipts.
        operator
            .verify_strict(&signed, &self.signature.0)
            .map_err(|_| ReceiptError::Signature)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use clearproof_primitives::fixed::Rate;
    use clearproof_primitives::ids::VenueId;

    #[test]
    fn a_receipt_holds_for_its_order_set_and_nothing_else() {
        let (shape, genesis) = (Shape::TINY, Fr::from(3u64));
        let set = OrderSet {
            venue: VenueId::new(1),
            account: AccountIndex::new(2),
            sequence: u64::MAX,
            valid_from: Millis::ZERO,
            valid_until: Millis::new(10),
            max_fee: Rate::new(0),
            orders: vec![None],
            request: None,
        };
        let key = SigningKey::from_bytes(&[9; 32]);
        let message = set.message(&shape, genesis);
        let receipt = Receipt::issue(
            &key,
            message,
            (AccountIndex::new(2), u64::MAX),
            5,
            Millis::new(1_000),
        );
        let text = serde_json::to_string(&receipt).unwrap();
        let receipt: Receipt = serde_json::from_str(&text).unwrap();
        let verify =
            |receipt: &Receipt, set| receipt.verify(&key.verifying_key(), set, &shape, genesis);
        assert_eq!(verify(&receipt, &set), Ok(()));
        let stranger = SigningKey::from_bytes(&[8; 32]).verifying_key();
        let wrong = Err(ReceiptError::Signature);
        assert_eq!(receipt.verify(&stranger, &set, &shape, genesis), wrong);
        let mut other = set.clone();
        other.max_fee = Rate::new(1);
        let refused = Err(ReceiptError::OtherOrderSet("message"));
        assert_eq!(verify(&receipt, &other), refused);
        let moved = Receipt {
            arrival: Decimal(4),
            ..receipt
        };
        assert_eq!(verify(&moved, &set), wrong);
        let earlier = Receipt {
            accepted: Millis::new(999),
            ..receipt
        };
        assert_eq!(verify(&earlier, &set), wrong);
    }
}

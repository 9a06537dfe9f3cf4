//! Receipts: an operator's signed promise that it accepted an order set.

use super::number::{Decimal, SignatureHex};
use clearproof_primitives::{
    babyjubjub::PublicKey,
    eddsa::{SecretKey, SignatureError},
    field::{FieldBytes, Fr},
    order::OrderSet,
    receipt::receipt_message,
    shape::Shape,
};
use serde::{Deserialize, Serialize};

/// An operator's receipt for an order set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Receipt {
    /// The order set's message, which binds chain, venue and all terms.
    pub message: FieldBytes,
    /// Its account.
    pub account: u32,
    /// Its sequence.
    pub sequence: Decimal<u64>,
    /// Its place in the order of arrival.
    pub arrival: Decimal<u64>,
    /// When the operator accepted it, in milliseconds since the Unix epoch.
    pub accepted: u64,
    /// The operator's signature over [`receipt_message`].
    pub signature: SignatureHex,
}

/// Why a receipt does not prove that an order set was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// It is about another order set.
    #[error("receipt.{0}: is not the order set's")]
    OtherOrderSet(&'static str),
    /// The signature is not the operator's.
    #[error("receipt.signature: {0}")]
    Signature(#[from] SignatureError),
}

impl Receipt {
    /// Signs a receipt for the order set with this message.
    pub fn issue(
        key: &SecretKey,
        message: Fr,
        (account, sequence): (u32, u64),
        arrival: u64,
        accepted: u64,
    ) -> Self {
        let signed = receipt_message(message, account, sequence, arrival, accepted);
        Self {
            message: message.into(),
            account,
            sequence: Decimal(sequence),
            arrival: Decimal(arrival),
            accepted,
            signature: SignatureHex(key.sign(signed)),
        }
    }

    /// Checks that the holder of `operator` promised to have accepted `set`. `genesis` is the chain's genesis field.
    pub fn verify(
        &self,
        operator: &PublicKey,
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
        Ok(operator.verify(signed, &self.signature.0)?)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_receipt_holds_for_its_order_set_and_nothing_else() {
        let (shape, genesis) = (Shape::TINY, Fr::from(3u64));
        let set = OrderSet {
            venue: 1,
            account: 2,
            sequence: u64::MAX,
            valid_from: 0,
            valid_until: 10,
            max_fee: 0,
            orders: vec![None],
            withdrawal: None,
        };
        let key = SecretKey::new([9; 32]);
        let message = set.message(&shape, genesis);
        let receipt = Receipt::issue(&key, message, (2, u64::MAX), 5, 1_000);
        let text = serde_json::to_string(&receipt).unwrap();
        let receipt: Receipt = serde_json::from_str(&text).unwrap();
        let verify =
            |receipt: &Receipt, set| receipt.verify(&key.public_key(), set, &shape, genesis);
        assert_eq!(verify(&receipt, &set), Ok(()));
        let stranger = SecretKey::new([8; 32]).public_key();
        let wrong = Err(ReceiptError::Signature(SignatureError::Wrong));
        assert_eq!(receipt.verify(&stranger, &set, &shape, genesis), wrong);
        let mut other = set.clone();
        other.max_fee = 1;
        let refused = Err(ReceiptError::OtherOrderSet("message"));
        assert_eq!(verify(&receipt, &other), refused);
        let moved = Receipt {
            arrival: Decimal(4),
            ..receipt.clone()
        };
        assert_eq!(verify(&moved, &set), wrong);
        let earlier = Receipt {
            accepted: 999,
            ..receipt
        };
        assert_eq!(verify(&earlier, &set), wrong);
    }
}

//! What the API says when it takes an act on. API sheet sections 2 to 4.

use super::record::record;
use super::{Decode, RawField};
use crate::api::acts::{FundingReceipt, TransferReceipt};
use crate::domain::field::Field;
use crate::domain::ids::{CardId, TransactionId};
use crate::domain::money::Currency;

record! {
    ReceiptRecord {
        status = "status", message = "message", amount = "amount", currency = "currency",
        card = "cardUuid" | "cardId", transaction = "transactionId",
        from = "fromTransactionId", to = "toTransactionId", data = "data",
        source = "sourceAccountUuid", destination = "destinationAccountUuid",
    }
}

impl<'a> ReceiptRecord<'a> {
    fn unwrapped(self) -> Option<ReceiptRecord<'a>> {
        let record = if self.data.is_object() { self.data.record()? } else { self };
        let said = [
            record.status,
            record.message,
            record.amount,
            record.card,
            record.transaction,
            record.from,
            record.to,
            record.source,
            record.destination,
        ];
        // An object that says nothing of an act is no receipt.
        said.iter().any(RawField::is_said).then_some(record)
    }

    fn currency(&self, asked: Currency) -> Field<Currency> {
        self.currency.currency().or(Field::Known(asked))
    }
}

/// The answer to a transfer in `currency`.
pub(crate) struct TransferAnswer(pub Currency);

impl Decode for TransferAnswer {
    type Record<'a> = ReceiptRecord<'a>;
    type Out = TransferReceipt;
    fn build<'a>(&self, record: ReceiptRecord<'a>) -> Option<TransferReceipt> {
        let record = record.unwrapped()?;
        Some(TransferReceipt {
            status: record.status.name(),
            message: record.message.prose(),
            amount: record.amount.money(record.currency(self.0)),
            source_transaction: record.from.or(record.transaction).id(TransactionId::parse),
            destination_transaction: record.to.id(TransactionId::parse),
            server_time: None,
        })
    }
}

/// The answer to a top up or withdrawal in `currency`.
pub(crate) struct FundingAnswer(pub Currency);

impl Decode for FundingAnswer {
    type Record<'a> = ReceiptRecord<'a>;
    type Out = FundingReceipt;
    fn build<'a>(&self, record: ReceiptRecord<'a>) -> Option<FundingReceipt> {
        let record = record.unwrapped()?;
        Some(FundingReceipt {
            card: record.card.id(CardId::parse),
            status: record.status.name(),
            message: record.message.prose(),
            amount: record.amount.money(record.currency(self.0)),
            transaction: record.transaction.id(TransactionId::parse),
            from_transaction: record.from.id(TransactionId::parse),
            to_transaction: record.to.id(TransactionId::parse),
            server_time: None,
        })
    }
}

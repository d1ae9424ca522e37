"""A Checkout Session's options for payment methods."""

from typing import Literal

from pydantic import ConfigDict

from stripe_simulator.api.parameters import Fields
from stripe_simulator.api.values import Array, Boolean, Text, TextOrUnset

type FutureUsage = Literal["none", "off_session", "on_session"]


class MaybeEnabled(Fields):
    enabled: Boolean = False


class CardOptions(Fields):
    capture_method: Literal["manual"] | None = None
    installments: MaybeEnabled | None = None
    request_extended_authorization: Literal["if_available", "never"] | None = None
    request_incremental_authorization: Literal["if_available", "never"] | None = None
    request_multicapture: Literal["if_available", "never"] | None = None
    request_overcapture: Literal["if_available", "never"] | None = None
    request_three_d_secure: Literal["any", "automatic", "challenge"] = "automatic"
    setup_future_usage: FutureUsage | None = None
    statement_descriptor_suffix_kana: Text | None = None
    statement_descriptor_suffix_kanji: Text | None = None


class MandateOptions(Fields):
    reference_prefix: TextOrUnset = None


class SepaDebitOptions(Fields):
    mandate_options: MandateOptions | None = None
    setup_future_usage: FutureUsage | None = None
    target_date: Text | None = None


class PaymentMethodOptions(Fields):
    """Options by payment method; those of unsupported methods are read to be refused by name."""

    model_config = ConfigDict(extra="allow")

    card: CardOptions | None = None
    sepa_debit: SepaDebitOptions | None = None


class SavedPaymentMethods(Fields):
    allow_redisplay_filters: Array[Literal["always", "limited", "unspecified"]] | None = None
    payment_method_remove: Literal["disabled", "enabled"] | None = None
    payment_method_save: Literal["disabled", "enabled"] | None = None

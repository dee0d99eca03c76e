"""The fields of customers, addresses and users, for typed queries."""

from sparkpay_async.query.columns import Fields, Flag, Money, Number, Real, Text, Time


class Customer(Fields):
    """Spark Pay: /customers."""

    id = Number()
    customer_number = Text()
    first_name = Text()
    last_name = Text()
    email = Text()
    username = Text()
    company = Text()
    phone_number = Text()
    alternate_phone_number = Text()
    registered_at = Time()
    last_visit_at = Time()
    adcode = Text()
    adcode_id = Number()
    affiliate_id = Number()
    customer_type_id = Number()
    is_no_tax_customer = Flag()
    tax_exemption_number = Text()
    tax_rate = Real()
    comments = Text()
    store_id = Number()
    source = Text()
    source_group = Text()
    search_string = Text()
    no_account = Flag()
    sales_person = Text()
    sales_person_user_id = Number()
    is_affiliate_customer = Flag()
    is_contact_information_only = Flag()
    lock_default_address = Flag()
    reward_tier_id = Number()
    payment_net_term = Text()
    credit_limit = Money()
    is_inactive = Flag()
    use_shared_credit_limit = Flag()
    override_shared_credit_limit = Flag()
    default_payment_type_name = Text()
    sub = Text()
    created_at = Time()
    updated_at = Time()


class Address(Fields):
    """Spark Pay: /addresses."""

    id = Number()
    customer_id = Number()
    first_name = Text()
    last_name = Text()
    company = Text()
    address_line_1 = Text()
    address_line_2 = Text()
    city = Text()
    state = Text()
    postal_code = Text()
    country = Text()
    phone = Text()
    alternate_phone = Text()
    fax = Text()
    comments = Text()
    address_type = Text()
    created_at = Time()
    updated_at = Time()
    is_default_shipping_address = Flag()
    is_default_billing_address = Flag()


class CustomerAssociation(Fields):
    """Spark Pay: /customer_association."""

    customer_association_id = Number()
    association_type_id = Number()
    parent_customer_id = Number()
    child_customer_id = Number()


class CustomerType(Fields):
    """Spark Pay: /customer_types."""

    id = Number()
    name = Text()
    customer_level = Number()
    description = Text()
    created_at = Time()
    updated_at = Time()


class CustomerPaymentMethod(Fields):
    """Spark Pay: /customer_payment_methods."""

    id = Number()
    payment_method_id = Number()
    customer_id = Number()
    payment_type = Text()
    is_default = Flag()
    card_id = Number()
    address_id = Number()
    created_at = Time()
    updated_at = Time()


class Profile(Fields):
    """Spark Pay: /profiles."""

    id = Number()
    email = Text()
    username = Text()
    type = Text()
    real_name = Text()
    display_name = Text()
    about = Text()
    image_url = Text()
    company = Text()
    created_at = Time()
    updated_at = Time()


class User(Fields):
    """Spark Pay: /users."""

    id = Number()
    username = Text()
    email = Text()
    phone = Text()
    last_login_attempt_at = Time(barred=True)
    last_login_at = Time(barred=True)
    user_role_id = Number()
    first_name = Text()
    last_name = Text()
    phone_extension = Text()
    alternate_phone = Text()
    fax = Text()
    profile_id = Number()
    is_salesperson = Flag()
    created_at = Time()
    updated_at = Time()

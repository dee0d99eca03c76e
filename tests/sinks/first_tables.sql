-- The tables as the first version made them, before there were migrations.
CREATE TABLE products (
    store VARCHAR(255) NOT NULL,
    id VARCHAR(512) NOT NULL,
    sku VARCHAR(255),
    name TEXT,
    kind VARCHAR(32),
    status VARCHAR(32),
    parent_id VARCHAR(512),
    tax_code VARCHAR(255),
    stock INTEGER,
    stock_tracked BOOLEAN,
    interval VARCHAR(32),
    interval_length INTEGER,
    texts TEXT,
    subscription TEXT,
    variants TEXT,
    images TEXT,
    attributes TEXT,
    categories TEXT,
    vendor VARCHAR(64) NOT NULL,
    created_at VARCHAR(32),
    updated_at VARCHAR(32),
    hash BLOB NOT NULL,
    first_seen_at VARCHAR(32) NOT NULL,
    changed_at VARCHAR(32) NOT NULL,
    raw BLOB NOT NULL,
    PRIMARY KEY (store, id)
);
CREATE INDEX ix_products_sku ON products (sku);
CREATE TABLE product_prices (
    store VARCHAR(255) NOT NULL,
    id VARCHAR(512) NOT NULL,
    product_id VARCHAR(512) NOT NULL,
    currency VARCHAR(3) NOT NULL,
    amount VARCHAR(64) NOT NULL,
    kind VARCHAR(32) NOT NULL,
    country VARCHAR(2),
    minimum_quantity INTEGER NOT NULL,
    customer_group VARCHAR(255),
    variant_id VARCHAR(512),
    starts_at VARCHAR(32),
    ends_at VARCHAR(32),
    PRIMARY KEY (store, id)
);
CREATE INDEX product_prices_by_product ON product_prices (store, product_id);
CREATE TABLE orders (
    store VARCHAR(255) NOT NULL,
    id VARCHAR(512) NOT NULL,
    reference VARCHAR(255),
    status VARCHAR(32),
    vendor_status VARCHAR(255),
    live BOOLEAN,
    currency VARCHAR(3) NOT NULL,
    total VARCHAR(64) NOT NULL,
    subtotal VARCHAR(64),
    discount VARCHAR(64),
    tax VARCHAR(64),
    shipping VARCHAR(64),
    fees VARCHAR(64),
    customer_id VARCHAR(512),
    email VARCHAR(320),
    country VARCHAR(64),
    placed_at VARCHAR(32),
    billing_address TEXT,
    shipping_address TEXT,
    payments TEXT,
    shipments TEXT,
    returns TEXT,
    coupons TEXT,
    tags TEXT,
    vendor VARCHAR(64) NOT NULL,
    created_at VARCHAR(32),
    updated_at VARCHAR(32),
    hash BLOB NOT NULL,
    first_seen_at VARCHAR(32) NOT NULL,
    changed_at VARCHAR(32) NOT NULL,
    raw BLOB NOT NULL,
    PRIMARY KEY (store, id)
);
CREATE INDEX ix_orders_reference ON orders (reference);
CREATE INDEX ix_orders_customer_id ON orders (customer_id);
CREATE INDEX ix_orders_placed_at ON orders (placed_at);
CREATE TABLE order_lines (
    store VARCHAR(255) NOT NULL,
    id VARCHAR(512) NOT NULL,
    order_id VARCHAR(512) NOT NULL,
    line_id VARCHAR(512) NOT NULL,
    position INTEGER NOT NULL,
    product_id VARCHAR(512),
    sku VARCHAR(255),
    name TEXT,
    quantity INTEGER,
    unit_price VARCHAR(64),
    subtotal VARCHAR(64),
    discount VARCHAR(64),
    tax VARCHAR(64),
    parent_line_id VARCHAR(512),
    parent_kind VARCHAR(64),
    subscription_id VARCHAR(512),
    coupon VARCHAR(255),
    options TEXT,
    attributes TEXT,
    PRIMARY KEY (store, id)
);
CREATE INDEX order_lines_by_order ON order_lines (store, order_id);
CREATE TABLE customers (
    store VARCHAR(255) NOT NULL,
    id VARCHAR(512) NOT NULL,
    vendor VARCHAR(64) NOT NULL,
    email VARCHAR(320),
    first_name TEXT,
    last_name TEXT,
    company TEXT,
    phone VARCHAR(64),
    as_of VARCHAR(32),
    PRIMARY KEY (store, id)
);
CREATE INDEX ix_customers_email ON customers (email);
CREATE TABLE quarantine (
    store VARCHAR(255) NOT NULL,
    id VARCHAR(512) NOT NULL,
    stream VARCHAR(64) NOT NULL,
    reason TEXT NOT NULL,
    raw BLOB NOT NULL,
    seen_at VARCHAR(32) NOT NULL,
    PRIMARY KEY (store, id, stream)
);
CREATE TABLE sync_runs (
    store VARCHAR(255) NOT NULL,
    id VARCHAR(512) NOT NULL,
    stream VARCHAR(64) NOT NULL,
    state VARCHAR(32) NOT NULL,
    started_at VARCHAR(32) NOT NULL,
    ended_at VARCHAR(32),
    report TEXT,
    PRIMARY KEY (store, id, stream)
);
CREATE TABLE sync_checkpoints (
    store VARCHAR(255) NOT NULL,
    id VARCHAR(512) NOT NULL,
    token TEXT,
    state VARCHAR(32) NOT NULL,
    since VARCHAR(32),
    started_at VARCHAR(32) NOT NULL,
    updated_at VARCHAR(32) NOT NULL,
    PRIMARY KEY (store, id)
);

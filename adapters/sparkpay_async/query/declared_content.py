"""The fields of blogs, menus and pages, for typed queries."""

from sparkpay_async.query.columns import Fields, Flag, Number, Text, Time


class Blog(Fields):
    """Spark Pay: /blogs."""

    id = Number()
    store_id = Number()
    name = Text()
    description = Text()
    tag_line = Text()
    url_slug = Text()
    meta_description = Text()
    meta_keywords = Text()
    copyright = Text()
    image_url = Text()
    language = Text()
    max_feed_elements = Number()
    syndication_type = Text()
    is_rss_feed_enabled = Flag()
    is_atom_feed_enabled = Flag()
    max_chars_short_feed = Number()
    max_chars_summary = Number()
    is_commenting_enabled = Flag()
    is_comment_moderation_enabled = Flag()
    default_post_image = Text()
    default_teaser_image = Text()
    new_post_notification_email_template_id = Number()
    new_comment_notification_email_template_id = Number()
    notify_commenters_on_new_comments = Flag()
    new_comment_admin_notification_email_template_id = Number()
    new_post_admin_notification_email_template_id = Number()
    new_comment_reply_notification_email_template_id = Number()
    page_title = Text()
    created_at = Time()
    updated_at = Time()


class BlogCategory(Fields):
    """Spark Pay: /blog_categories."""

    id = Number()
    blog_id = Number()
    parent_category_id = Number()
    type = Text()
    description = Text()
    name = Text()
    blog_category_path = Text()
    created_at = Time()
    updated_at = Time()


class BlogPost(Fields):
    """Spark Pay: /blog_posts."""

    id = Number()
    blog_id = Number()
    title = Text()
    keywords = Text()
    description = Text()
    content = Text()
    published_at = Time()
    teaser_title = Text()
    teaser_description = Text()
    post_image_url = Text()
    teaser_image_url = Text()
    author_profile_id = Number()
    are_comments_enabled = Flag()
    is_featured = Flag()
    is_stickied = Flag()
    are_comments_locked = Flag()
    view_count = Number()
    store_id = Number()
    head_tags = Text()
    url_rewrite = Text()
    page_title = Text()
    page_content_type = Text()
    created_at = Time()
    updated_at = Time()


class Link(Fields):
    """Spark Pay: /links."""

    id = Number()
    url = Text()
    text = Text()
    sort_order = Number()
    store_id = Number()
    is_hidden = Flag()
    named_link = Text()
    page_id = Number()
    category_id = Number()
    is_dynamic_menu_root = Flag()
    dynamic_menu_levels = Number()
    link_type = Text()
    parent_link_id = Number()
    is_hidden_in_navigation_only = Flag()
    opens_in_new_window = Flag()
    is_home_page = Flag()
    product_id = Number()
    blog_id = Number()
    blog_category_id = Number()
    created_at = Time()
    updated_at = Time()


class Page(Fields):
    """Spark Pay: /pages."""

    id = Number()
    title = Text()
    keywords = Text()
    description = Text()
    content = Text()
    is_hidden = Flag()
    store_id = Number()
    external_url = Text()
    is_content_only = Flag()
    url_rewrite = Text()
    is_secure = Flag()
    is_login_required = Flag()
    head_tags = Text()
    created_at = Time()
    updated_at = Time()

"""Spark Pay: blogs, menus and pages."""

from __future__ import annotations

from sparkpay_async.wire.base import Flag, Plain


class Blog(Plain, frozen=True, kw_only=True):
    """Spark Pay: /blogs."""

    store_id: int | None = None
    name: str | None = None
    description: str | None = None
    tag_line: str | None = None
    url_slug: str | None = None
    meta_description: str | None = None
    meta_keywords: str | None = None
    copyright: str | None = None
    image_url: str | None = None
    language: str | None = None
    max_feed_elements: int | None = None
    syndication_type: str | None = None
    is_rss_feed_enabled: Flag = None
    is_atom_feed_enabled: Flag = None
    max_chars_short_feed: int | None = None
    max_chars_summary: int | None = None
    is_commenting_enabled: Flag = None
    is_comment_moderation_enabled: Flag = None
    default_post_image: str | None = None
    default_teaser_image: str | None = None
    new_post_notification_email_template_id: int | None = None
    new_comment_notification_email_template_id: int | None = None
    notify_commenters_on_new_comments: Flag = None
    new_comment_admin_notification_email_template_id: int | None = None
    new_post_admin_notification_email_template_id: int | None = None
    new_comment_reply_notification_email_template_id: int | None = None
    page_title: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    categories: list[BlogCategory] | None = None
    posts: list[BlogPost] | None = None


class BlogCategory(Plain, frozen=True, kw_only=True):
    """Spark Pay: /blog_categories. A category or a tag."""

    blog_id: int | None = None
    parent_category_id: int | None = None
    type: str | None = None
    description: str | None = None
    name: str | None = None
    blog_category_path: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    posts: list[BlogPost] | None = None


class BlogPost(Plain, frozen=True, kw_only=True):
    """Spark Pay: /blog_posts."""

    blog_id: int | None = None
    title: str | None = None
    keywords: str | None = None
    description: str | None = None
    content: str | None = None
    published_at: str | None = None
    teaser_title: str | None = None
    teaser_description: str | None = None
    post_image_url: str | None = None
    teaser_image_url: str | None = None
    author_profile_id: int | None = None
    are_comments_enabled: Flag = None
    is_featured: Flag = None
    is_stickied: Flag = None
    are_comments_locked: Flag = None
    view_count: int | None = None
    store_id: int | None = None
    head_tags: str | None = None
    url_rewrite: str | None = None
    page_title: str | None = None
    page_content_type: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    categories: list[BlogCategory] | None = None


class Link(Plain, frozen=True, kw_only=True):
    """Spark Pay: /links. An entry of a menu."""

    url: str | None = None
    text: str | None = None
    sort_order: int | None = None
    store_id: int | None = None
    is_hidden: Flag = None
    named_link: str | None = None
    page_id: int | None = None
    category_id: int | None = None
    is_dynamic_menu_root: Flag = None
    dynamic_menu_levels: int | None = None
    link_type: str | None = None
    parent_link_id: int | None = None
    is_hidden_in_navigation_only: Flag = None
    opens_in_new_window: Flag = None
    is_home_page: Flag = None
    product_id: int | None = None
    blog_id: int | None = None
    blog_category_id: int | None = None
    created_at: str | None = None
    updated_at: str | None = None
    child_links: list[Link] | None = None


class Page(Plain, frozen=True, kw_only=True):
    """Spark Pay: /pages."""

    title: str | None = None
    keywords: str | None = None
    description: str | None = None
    content: str | None = None
    is_hidden: Flag = None
    store_id: int | None = None
    external_url: str | None = None
    is_content_only: Flag = None
    url_rewrite: str | None = None
    is_secure: Flag = None
    is_login_required: Flag = None
    head_tags: str | None = None
    created_at: str | None = None
    updated_at: str | None = None

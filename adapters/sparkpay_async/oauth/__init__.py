"""OAuth 2 in the vendor's own dialect (Spark Pay: Authentication)."""

from sparkpay_async.oauth.grants import Login, OAuth

__all__ = ["Login", "OAuth"]

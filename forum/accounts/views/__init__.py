"""The pages of signing in and of one's own account, one module for each group of them."""

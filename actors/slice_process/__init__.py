"""The process in which a back-test's slices are computed; it is a role's child, and no role."""

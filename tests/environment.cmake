# What every test finds around it, read by ctest before it runs any (TEST_INCLUDE_FILES).
# Compiled packs of the user's are none of a test's business; those that test the cache name one of their own.
set(ENV{CAREMETER_CACHE} off)

# Compiler and linker flags of everything that we write.
add_library(cm_flags INTERFACE)
target_compile_definitions(cm_flags INTERFACE _GNU_SOURCE)
target_compile_options(cm_flags INTERFACE
  -Wall -Wextra -Wshadow -Wpointer-arith -Wvla -Wundef
  $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wcast-qual>
  $<$<CONFIG:Release>:$<IF:$<BOOL:$<TARGET_PROPERTY:CM_UNIT_TEST>>,-O1,-O3>>
  -fno-omit-frame-pointer -fstack-protector-strong)
target_link_options(cm_flags INTERFACE -Wl,-z,relro -Wl,-z,now -Wl,--build-id=sha1)

# Places at which tests kill the process (base/failpoint.h): never in a build without tests.
if(CAREMETER_TESTS)
  target_compile_definitions(cm_flags INTERFACE CM_WITH_FAILPOINTS)
endif()

if(CAREMETER_WERROR)
  target_compile_options(cm_flags INTERFACE -Werror)
endif()

if(CAREMETER_SANITIZE STREQUAL "address")
  set(sanitize -fsanitize=address,undefined -fno-sanitize-recover=all)
elseif(CAREMETER_SANITIZE STREQUAL "thread")
  set(sanitize -fsanitize=thread)
elseif(NOT CAREMETER_SANITIZE STREQUAL "")
  message(FATAL_ERROR "CAREMETER_SANITIZE is \"${CAREMETER_SANITIZE}\": address, thread or empty")
endif()
if(sanitize)
  # The engine a little optimised, which takes a third to a half off its tests; tests not, most of which take longer to compile than to run. Asserts stay.
  # A trace of calls needs lines and no variables.
  target_compile_options(cm_flags INTERFACE ${sanitize} $<$<BOOL:$<TARGET_PROPERTY:CM_ENGINE>>:-O1> -g1)
  target_link_options(cm_flags INTERFACE ${sanitize})
elseif(CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_options(cm_flags INTERFACE -g)
else()
  target_compile_options(cm_flags INTERFACE -D_FORTIFY_SOURCE=2 -g1)
endif()

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(RDKAFKA REQUIRED IMPORTED_TARGET rdkafka>=2.0.2)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3>=3.38)
pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd>=0.9.75)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl>=7.87)
pkg_check_modules(JEMALLOC IMPORTED_TARGET jemalloc)

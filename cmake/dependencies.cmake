# Everything from the distribution. CAF and argon2 ship no CMake config on Debian 12.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(RocksDB CONFIG REQUIRED)
# Linked in: what a lone message runs through lies closer together, which is felt where caches are
# cold. The thread sanitizer's suppressions know RocksDB by the name of its library.
if(CONCLAVE_SANITIZE)
  set(CONCLAVE_ROCKSDB RocksDB::rocksdb-shared)
else()
  set(CONCLAVE_ROCKSDB RocksDB::rocksdb)
endif()
find_package(msgpack CONFIG REQUIRED)
find_package(spdlog REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(civetweb CONFIG REQUIRED)
pkg_check_modules(argon2 REQUIRED IMPORTED_TARGET libargon2)
pkg_check_modules(edit REQUIRED IMPORTED_TARGET libedit)
pkg_check_modules(uring REQUIRED IMPORTED_TARGET liburing)

find_path(CAF_INCLUDE_DIR caf/config.hpp REQUIRED)
find_library(CAF_CORE_LIBRARY caf_core REQUIRED)
file(STRINGS "${CAF_INCLUDE_DIR}/caf/config.hpp" caf_version_line
     REGEX "^#define CAF_VERSION [0-9]+")
string(REGEX MATCH "[0-9]+" caf_version "${caf_version_line}")
if(caf_version LESS 1706 OR NOT caf_version LESS 1800)
  message(FATAL_ERROR "Conclave needs CAF 0.17.6 or later, below 0.18; found ${caf_version}")
endif()
add_library(caf::core UNKNOWN IMPORTED)
set_target_properties(caf::core PROPERTIES IMPORTED_LOCATION "${CAF_CORE_LIBRARY}"
                      INTERFACE_INCLUDE_DIRECTORIES "${CAF_INCLUDE_DIR}")

# Header-only pieces of Debian packages; imported, so that their warnings are not ours.
set_property(TARGET msgpackc-cxx APPEND PROPERTY INTERFACE_COMPILE_DEFINITIONS MSGPACK_NO_BOOST)

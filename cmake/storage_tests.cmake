# The file system with faults, the program that the crash tests kill, and the commit benchmark.
if(NOT TARGET conclave_storage)
  return()
endif()

if(EXISTS ${CMAKE_SOURCE_DIR}/tests/support/faulty_fs.cc)
  add_library(conclave_faulty_fs STATIC tests/support/faulty_fs.cc)
  target_link_libraries(conclave_faulty_fs PUBLIC conclave_flags ${CONCLAVE_ROCKSDB})
endif()

if(TARGET test_storage)
  target_link_libraries(test_storage PRIVATE conclave_faulty_fs)
  add_executable(storage_crash_child tests/storage/crash_child_main.cc)
  target_link_libraries(storage_crash_child PRIVATE conclave_storage conclave_faulty_fs)
  add_dependencies(test_storage storage_crash_child)
endif()

# Built on demand only: ninja commit_bench
add_executable(commit_bench EXCLUDE_FROM_ALL bench/micro/commit_bench.cc)
target_link_libraries(commit_bench PRIVATE conclave_storage)

# Micro-benchmarks, built on demand only: ninja micro_bench, or ./dev bench micro.
find_package(benchmark QUIET)
if(NOT benchmark_FOUND OR NOT TARGET conclave_actors)
  return()
endif()
file(GLOB micro_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bench/micro/*_micro.cc)
add_executable(micro_bench EXCLUDE_FROM_ALL ${micro_sources})
target_link_libraries(micro_bench PRIVATE conclave_actors benchmark::benchmark_main)

# The proofs of replication/: simulator and search as a library, the program that runs seeds by hand,
# and the same once more over a copy of the core with planted bugs, which nothing of the product links.
if(NOT TARGET conclave_replication)
  return()
endif()

set(proof_sources tests/replication/judge.cc tests/replication/simulator.cc
    tests/replication/sim_operator.cc tests/replication/search.cc)
add_library(conclave_replication_proof STATIC ${proof_sources})
target_link_libraries(conclave_replication_proof PUBLIC conclave_replication)
add_executable(replication-proof tests/replication/proof_main.cc)
target_link_libraries(replication-proof PRIVATE conclave_replication_proof)

file(GLOB core_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/replication/*.cc)
# The core alone: links and their frames have no planted bugs.
list(FILTER core_sources EXCLUDE REGEX "/(peer_(codec|identity|mesh)|mesh_)[^/]*$")
add_executable(replication-mutants tests/replication/proof_main.cc ${proof_sources} ${core_sources})
target_compile_definitions(replication-mutants PRIVATE CONCLAVE_REPLICATION_MUTANTS)
target_link_libraries(replication-mutants PRIVATE conclave_crypto)

if(TARGET test_replication)
  target_link_libraries(test_replication PRIVATE conclave_replication_proof)
  add_dependencies(test_replication replication-mutants)
endif()

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

# The core alone: adapters, links and their frames have no planted bugs.
set(core_sources "")
foreach(part acceptance admission durability fencing leading log_window peer_memory replica sealing
        shard_config takeover)
  list(APPEND core_sources replication/${part}.cc)
endforeach()
add_executable(replication-mutants tests/replication/proof_main.cc ${proof_sources} ${core_sources})
target_compile_definitions(replication-mutants PRIVATE CONCLAVE_REPLICATION_MUTANTS)
target_link_libraries(replication-mutants PRIVATE conclave_crypto)

if(TARGET test_replication)
  target_link_libraries(test_replication PRIVATE conclave_replication_proof)
  add_dependencies(test_replication replication-mutants)
endif()

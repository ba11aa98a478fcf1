# What drives the real programs: node_process and its friends, conclaved with faults, ackcheck. None of
# it is installed.
if(NOT TARGET conclave_client OR NOT TARGET conclave_node OR NOT TARGET conclave_faulty_fs)
  return()
endif()

add_executable(conclaved-faulty tests/support/faulty_main.cc)
target_link_libraries(conclaved-faulty PRIVATE conclave_node conclave_faulty_fs)

add_library(conclave_e2e_support STATIC
            tests/support/child_process.cc tests/support/node_process.cc
            tests/support/cluster_process.cc tests/support/link_proxy.cc
            tests/support/network_namespace.cc tests/support/node_network.cc
            tests/support/wire_client.cc tests/e2e/ack_judge.cc tests/e2e/ack_judge_changes.cc
            tests/e2e/ack_fence.cc)
target_link_libraries(conclave_e2e_support PUBLIC conclave_client OpenSSL::SSL)
target_compile_definitions(conclave_e2e_support PUBLIC
                           CONCLAVE_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                           CONCLAVE_BINARY_DIR="${CMAKE_BINARY_DIR}/bin")

add_executable(ackcheck tests/e2e/ackcheck_main.cc tests/e2e/ack_run.cc tests/e2e/ack_writers.cc
               tests/e2e/ack_receivers.cc tests/e2e/ack_scene.cc tests/e2e/ack_cluster_run.cc)
target_link_libraries(ackcheck PRIVATE conclave_e2e_support)
add_dependencies(ackcheck conclaved conclaved-faulty)

add_executable(viewcheck tests/e2e/viewcheck_main.cc tests/e2e/view_run.cc tests/e2e/view_judge.cc
               tests/e2e/view_player.cc tests/e2e/view_device.cc tests/e2e/view_model.cc
               tests/e2e/view_model_shown.cc)
target_link_libraries(viewcheck PRIVATE conclave_e2e_support)
add_dependencies(viewcheck conclaved conclaved-faulty)

if(TARGET test_e2e)
  target_link_libraries(test_e2e PRIVATE conclave_e2e_support nlohmann_json::nlohmann_json)
  target_sources(test_e2e PRIVATE tests/e2e/crowd.cc tests/e2e/irc_log.cc tests/e2e/irc_replay.cc)
  # The tests wait, they do not compute: a quick build is worth more.
  target_compile_options(test_e2e PRIVATE -O0)
  add_dependencies(test_e2e ackcheck viewcheck conclaved conclaved-faulty conclave-bench)
  if(TARGET conclave)
    add_dependencies(test_e2e conclave)
  endif()
endif()

# The gateway is tested over real TLS, by a client that does exactly what it is told.
if(TARGET test_actors)
  target_sources(test_actors PRIVATE tests/support/wire_client.cc)
endif()

# One libFuzzer program per parser: tests/fuzz/<parser>_fuzz.cc -> fuzz_<parser>. Each links the
# libraries of the folders that it includes, so that a parser of schemas/ builds without the rest.
add_custom_target(fuzzers)  # all of them, and nothing that they do not need
file(GLOB fuzz_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/fuzz/*_fuzz.cc)
foreach(source ${fuzz_sources})
  get_filename_component(name ${source} NAME_WE)
  string(REGEX REPLACE "_fuzz$" "" name ${name})
  add_executable(fuzz_${name} ${source})
  file(READ ${source} text)
  foreach(folder client replication net storage crypto conf schemas)
    if(text MATCHES "#include \"${folder}/" AND TARGET conclave_${folder})
      target_link_libraries(fuzz_${name} PRIVATE conclave_${folder})
    endif()
  endforeach()
  target_link_libraries(fuzz_${name} PRIVATE conclave_flags)
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzzers fuzz_${name})
endforeach()

# Proof that every header compiles alone: one line of source per header, compiled by the target
# check_headers, which the suite `layout` builds. Not part of `all`. A header whose own .cc includes it
# first (the suite checks that) is proven by the ordinary build, unless that uses a precompiled header.
set(header_folders schemas conf crypto storage net replication actors node client bench tests)
set(stub_folder ${CMAKE_BINARY_DIR}/headers)
set(stubs "")
foreach(folder ${header_folders})
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}
       ${CMAKE_SOURCE_DIR}/${folder}/*.h)
  foreach(header ${headers})
    string(REGEX REPLACE "\\.h$" ".cc" own_source ${header})
    if(EXISTS ${CMAKE_SOURCE_DIR}/${own_source} AND NOT folder STREQUAL "tests"
       AND NOT (CONCLAVE_PCH AND EXISTS ${CMAKE_SOURCE_DIR}/cmake/pch_${folder}.h))
      continue()
    endif()
    string(REPLACE "/" "_" stub ${header})
    file(CONFIGURE OUTPUT ${stub_folder}/${stub}.cc CONTENT "#include \"${header}\"\n" @ONLY)
    list(APPEND stubs ${stub_folder}/${stub}.cc)
  endforeach()
endforeach()

# A header that leans on its neighbours: the suite expects that this does not compile.
file(CONFIGURE OUTPUT ${stub_folder}/leaning.h @ONLY
     CONTENT "#pragma once\ninline std::string leaning() { return {}; }\n")
file(CONFIGURE OUTPUT ${stub_folder}/leaning.cc CONTENT "#include \"leaning.h\"\n" @ONLY)

foreach(target check_headers check_leaning_header)
  if(target STREQUAL check_headers)
    add_library(${target} OBJECT EXCLUDE_FROM_ALL ${stubs})
  else()
    add_library(${target} OBJECT EXCLUDE_FROM_ALL ${stub_folder}/leaning.cc)
  endif()
  target_link_libraries(${target} PRIVATE conclave_flags conclave_test_support msgpackc-cxx
                        PkgConfig::edit caf::core)
  target_compile_options(${target} PRIVATE -O0 -g0 -w)
endforeach()

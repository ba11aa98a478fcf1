# One static library per folder, from all its .cc files but main.cc and *_main.cc; programs; the flags they share.

add_library(conclave_flags INTERFACE)
target_include_directories(conclave_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(conclave_flags INTERFACE _GLIBCXX_ASSERTIONS SPDLOG_COMPILED_LIB
                           SPDLOG_FMT_EXTERNAL CONCLAVE_VERSION="${PROJECT_VERSION}")
target_compile_options(conclave_flags INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
                       -Wnon-virtual-dtor -Wold-style-cast -Werror -fno-omit-frame-pointer
                       -fstack-protector-strong)
target_link_libraries(conclave_flags INTERFACE Threads::Threads)
if(CONCLAVE_SANITIZE STREQUAL "address")
  target_compile_options(conclave_flags INTERFACE -fsanitize=address,undefined
                         -fno-sanitize-recover=all)
  target_link_options(conclave_flags INTERFACE -fsanitize=address,undefined)
elseif(CONCLAVE_SANITIZE STREQUAL "thread")
  target_compile_options(conclave_flags INTERFACE -fsanitize=thread -Wno-tsan)
  target_link_options(conclave_flags INTERFACE -fsanitize=thread)
elseif(NOT CONCLAVE_SANITIZE STREQUAL "")
  message(FATAL_ERROR "CONCLAVE_SANITIZE is `address`, `thread` or empty, not ${CONCLAVE_SANITIZE}")
endif()
if(CONCLAVE_FUZZ)
  target_compile_options(conclave_flags INTERFACE -fsanitize=fuzzer-no-link,address,undefined
                         -fno-sanitize-recover=all)
  target_link_options(conclave_flags INTERFACE -fsanitize=address,undefined)
endif()

# conclave_library(FOLDER DEPENDENCY...)
function(conclave_library folder)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.cc)
  list(FILTER sources EXCLUDE REGEX "/(.*_)?main\\.cc$")
  if(NOT sources)
    return()
  endif()
  string(REPLACE "/" "_" name ${folder})
  add_library(conclave_${name} STATIC ${sources})
  target_link_libraries(conclave_${name} PUBLIC conclave_flags ${ARGN})
  if(CONCLAVE_PCH AND EXISTS ${CMAKE_SOURCE_DIR}/cmake/pch_${name}.h)
    target_precompile_headers(conclave_${name} PRIVATE ${CMAKE_SOURCE_DIR}/cmake/pch_${name}.h)
  endif()
endfunction()

# conclave_program(NAME MAIN DEPENDENCY...)
function(conclave_program name main)
  if(NOT EXISTS ${CMAKE_SOURCE_DIR}/${main})
    return()
  endif()
  add_executable(${name} ${main})
  target_link_libraries(${name} PRIVATE conclave_flags ${ARGN})
endfunction()

# The three kinds of target: a library per room, a program, a test binary.

# hie_library(NAME [SRCS a.cc ...] [DEPS target ...])
# A room's library.  Headers are found from the repository's root.
function(hie_library NAME)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS" ${ARGN})
  if(ARG_SRCS)
    add_library(${NAME} STATIC ${ARG_SRCS})
    target_link_libraries(${NAME} PUBLIC ${ARG_DEPS})
  else()
    add_library(${NAME} INTERFACE)
    target_link_libraries(${NAME} INTERFACE ${ARG_DEPS})
  endif()
endfunction()

# hie_program(NAME SRCS a.cc ... DEPS target ...)
# An installed program, built into <build>/bin.
function(hie_program NAME)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS" ${ARGN})
  add_executable(${NAME} ${ARG_SRCS})
  target_link_libraries(${NAME} PRIVATE ${ARG_DEPS})
  install(TARGETS ${NAME} RUNTIME DESTINATION bin)
endfunction()

# hie_test(NAME SRCS a_test.cc ... DEPS target ... LABELS unit [TIMEOUT s])
# One GoogleTest binary, one ctest entry.  NAME is `<room>_test`.
function(hie_test NAME)
  cmake_parse_arguments(ARG "SERIAL" "TIMEOUT" "SRCS;DEPS;LABELS;ARGS" ${ARGN})
  add_executable(${NAME} ${ARG_SRCS})
  target_link_libraries(${NAME} PRIVATE ${ARG_DEPS} GTest::gmock GTest::gtest_main)
  set_target_properties(${NAME} PROPERTIES
                        RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  add_test(NAME ${NAME} COMMAND ${NAME} ${ARG_ARGS})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  set_tests_properties(${NAME} PROPERTIES LABELS "${ARG_LABELS}"
                       TIMEOUT ${ARG_TIMEOUT})
  set_property(TEST ${NAME} PROPERTY ENVIRONMENT
               "HIE_SOURCE_DIR=${CMAKE_SOURCE_DIR};HIE_BIN_DIR=${CMAKE_BINARY_DIR}/bin")
  if(ARG_SERIAL)
    set_tests_properties(${NAME} PROPERTIES RUN_SERIAL TRUE)
  endif()
endfunction()

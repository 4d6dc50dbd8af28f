# How every target of the house is compiled and linked.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
# Assertions stay on in release: a broken invariant must stop a process that
# handles records, not let it go on.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")

set(HIE_SANITIZE "" CACHE STRING "Sanitizers to build with, as for -fsanitize=")
if(HIE_SANITIZE)
  set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
  add_compile_options(-fsanitize=${HIE_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${HIE_SANITIZE})
endif()

find_program(HIE_MOLD mold)
if(HIE_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Warnings are for our own code; generated code turns them off (protos/).
add_compile_options(-Wall -Wextra -Wpedantic -Werror)
# GCC judges our warnings; Clang only builds the fuzzers.
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_compile_options(-Wno-error)
endif()
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)

if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT HIE_SANITIZE)
  add_compile_options(-fstack-protector-strong -fstack-clash-protection
                      -fcf-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
                      -D_GLIBCXX_ASSERTIONS)
  add_link_options(-Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
endif()

include_directories("${CMAKE_SOURCE_DIR}")

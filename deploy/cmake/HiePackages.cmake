# Every third-party package of the house, from Debian 12 (deploy/setup.sh).

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(absl REQUIRED CONFIG)
find_package(Protobuf REQUIRED)  # Module mode: Debian ships no CMake config.
find_package(gRPC REQUIRED CONFIG)
find_package(RocksDB REQUIRED CONFIG)
find_package(OpenSSL 3.0 REQUIRED)
find_package(fmt REQUIRED CONFIG)
find_package(simdjson REQUIRED CONFIG)
find_package(tomlplusplus REQUIRED CONFIG)
find_package(prometheus-cpp REQUIRED CONFIG)
find_package(ICU REQUIRED COMPONENTS uc i18n)
find_package(Boost 1.81 REQUIRED)
find_package(GTest REQUIRED CONFIG)
find_package(benchmark REQUIRED CONFIG)

#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/string_view.h"

namespace hie::agent {

// A source folder of one test, removed with the object.
class TestingFolder {
 public:
  TestingFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "hie-agent-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TestingFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  TestingFolder(const TestingFolder&) = delete;
  TestingFolder& operator=(const TestingFolder&) = delete;

  const std::string& path() const { return path_; }

  void Write(const std::string& name, absl::string_view content) const {
    const std::filesystem::path file = std::filesystem::path(path_) / name;
    std::filesystem::create_directories(file.parent_path());
    // Under another name first, so that a watcher never sees half of it.
    const std::string fresh = file.string() + ".tmp";
    std::ofstream(fresh, std::ios::binary) << std::string(content);
    std::filesystem::rename(fresh, file);
  }

  void Remove(const std::string& name) const {
    std::filesystem::remove(std::filesystem::path(path_) / name);
  }

 private:
  std::string path_;
};

}  // namespace hie::agent

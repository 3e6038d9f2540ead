// The parameter file: words and numbers separated by white space, '#' starts a comment line. Its last line is the
// CRC-32 of all lines that are not comments, so that a file that was cut short or edited is noticed.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace forcewright {

// An error whose text is a sentence for the user.
class ModelError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class ParameterFile {
 public:
  // Reads the whole file and checks its last line. Throws ModelError.
  explicit ParameterFile(const std::string& path);

  // Each reads `key` and then what follows it; they throw ModelError naming the key and the line.
  void expect(std::string_view key);
  std::string word(std::string_view key);
  std::vector<std::string> words(std::string_view key);  // preceded by their number
  int integer(std::string_view key, int least, int most);
  double real(std::string_view key);
  std::vector<int> integers(std::string_view key, int width);  // `width` per entry, preceded by the number of entries
  std::vector<double> reals(std::string_view key);              // preceded by their number
  void expectEnd();

  const std::string& path() const { return path_; }
  [[noreturn]] void fail(const std::string& what) const;

 private:
  std::string next(std::string_view key);
  int count(std::string_view key);

  std::string path_;
  std::string text_;
  std::size_t position_ = 0;
};

}  // namespace forcewright

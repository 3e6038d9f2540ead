#include "parameter-file.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <locale>
#include <sstream>

namespace forcewright {

namespace {

// CRC-32 of ISO 3309, as in zlib and PNG.
class Crc32 {
 public:
  Crc32() {
    for (std::uint32_t n = 0; n < 256; n++) {
      std::uint32_t c = n;
      for (int k = 0; k < 8; k++) c = (c & 1) ? 0xEDB88320u ^ (c >> 1) : c >> 1;
      table_[n] = c;
    }
  }
  void add(std::string_view bytes) {
    for (const char byte : bytes) value_ = table_[(value_ ^ static_cast<unsigned char>(byte)) & 255] ^ (value_ >> 8);
  }
  std::string hexadecimal() const {
    char text[9];
    std::snprintf(text, sizeof text, "%08x", static_cast<unsigned>(value_ ^ 0xFFFFFFFFu));
    return text;
  }

 private:
  std::array<std::uint32_t, 256> table_{};
  std::uint32_t value_ = 0xFFFFFFFFu;
};

bool isSpace(char c) { return c == ' ' || c == '\t' || c == '\n'; }

// std::strtod obeys the locale of the host program, which may write 1,5 for 1.5.
template <typename Number>
bool parse(const std::string& word, Number& value) {
  std::istringstream stream(word);
  stream.imbue(std::locale::classic());
  stream >> value;
  return !stream.fail() && stream.peek() == std::char_traits<char>::eof();
}

}  // namespace

ParameterFile::ParameterFile(const std::string& path) : path_(path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    throw ModelError("the parameter file " + path +
                     " cannot be read: it must lie in the same folder as the model's library. Copy the whole exported "
                     "folder, not the library alone");
  }
  Crc32 checksum;
  std::string line;
  std::string stated;
  while (std::getline(stream, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!stated.empty() && !line.empty() && line[0] != '#') fail("goes on after its checksum: it was edited");
    if (line.rfind("checksum ", 0) == 0) {
      stated = line.substr(9);
    } else if (line.empty() || line[0] != '#') {
      checksum.add(line);
      checksum.add("\n");
      text_ += line;
    }
    text_ += '\n';  // comments stay as empty lines, so that line numbers are those of the file
  }
  if (stated.empty()) fail("is cut short: its last line, the checksum, is missing. Export the potential again");
  if (stated != checksum.hexadecimal()) {
    fail("does not match its checksum (" + stated + " is written, " + checksum.hexadecimal() +
         " was found): it was edited or damaged. Export the potential again");
  }
}

void ParameterFile::fail(const std::string& what) const { throw ModelError("the parameter file " + path_ + " " + what); }

std::string ParameterFile::next(std::string_view key) {
  while (position_ < text_.size() && isSpace(text_[position_])) position_++;
  if (position_ >= text_.size()) fail("ends before '" + std::string(key) + "': it is cut short. Export the potential again");
  const std::size_t start = position_;
  while (position_ < text_.size() && !isSpace(text_[position_])) position_++;
  return text_.substr(start, position_ - start);
}

void ParameterFile::expect(std::string_view key) {
  const std::string found = next(key);
  if (found == key) return;
  std::size_t line = 1;
  for (std::size_t k = 0; k < position_; k++) line += text_[k] == '\n';
  fail("has '" + found + "' in line " + std::to_string(line) + " where '" + std::string(key) +
       "' was expected. It may come from another version of Forcewright: export the potential again");
}

std::string ParameterFile::word(std::string_view key) {
  expect(key);
  return next(key);
}

int ParameterFile::integer(std::string_view key, int least, int most) {
  const std::string found = word(key);
  int value = 0;
  if (!parse(found, value) || value < least || value > most) {
    fail("gives " + found + " for " + std::string(key) + ", where a whole number from " + std::to_string(least) +
         " to " + std::to_string(most) + " was expected");
  }
  return value;
}

double ParameterFile::real(std::string_view key) {
  const std::string found = word(key);
  double value = 0;
  if (!parse(found, value) || !std::isfinite(value)) fail("gives " + found + " for " + std::string(key) + ", which is no number");
  return value;
}

int ParameterFile::count(std::string_view key) { return integer(key, 0, 100000000); }

std::vector<std::string> ParameterFile::words(std::string_view key) {
  std::vector<std::string> values(static_cast<std::size_t>(count(key)));
  for (auto& value : values) value = next(key);
  return values;
}

std::vector<int> ParameterFile::integers(std::string_view key, int width) {
  std::vector<int> values(static_cast<std::size_t>(count(key)) * static_cast<std::size_t>(width));
  for (auto& value : values) {
    const std::string found = next(key);
    if (!parse(found, value)) fail("has '" + found + "' among " + std::string(key) + ", which is no whole number");
  }
  return values;
}

std::vector<double> ParameterFile::reals(std::string_view key) {
  std::vector<double> values(static_cast<std::size_t>(count(key)));
  for (auto& value : values) {
    const std::string found = next(key);
    if (!parse(found, value) || !std::isfinite(value)) fail("has '" + found + "' among " + std::string(key) + ", which is no number");
  }
  return values;
}

void ParameterFile::expectEnd() {
  while (position_ < text_.size() && isSpace(text_[position_])) position_++;
  if (position_ < text_.size()) fail("goes on after its last term. It may come from another version of Forcewright");
}

}  // namespace forcewright

// Secrets that a test made up, found again in bytes: whole or in pieces.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace claude_auth::testing {

/// How many copies of each secret there are, by its name. Those of which there are none are left
/// out.
using Copies = std::map<std::string, std::size_t>;

class SecretWords {
 public:
  /// From a file with a name and a secret on each line. No two pieces of one secret are the same.
  explicit SecretWords(const char* path);

  /// A copy is a run of bytes that is in a secret as well, and too long for chance.
  [[nodiscard]] Copies copies_in(std::string_view bytes) const;

 private:
  struct Piece {
    std::size_t word;
    std::size_t at;  ///< in the secret
  };

  void add_pieces(std::size_t word, const std::string& secret);
  [[nodiscard]] const Piece* piece_at(const char* bytes) const;

  std::vector<std::string> names_;
  std::unordered_map<std::string, Piece> pieces_;
  std::bitset<1U << 16U> beginnings_;  ///< the first two bytes of each piece
};

}  // namespace claude_auth::testing

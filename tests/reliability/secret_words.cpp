#include "secret_words.h"

#include <cstring>
#include <fstream>

namespace claude_auth::testing {
namespace {

// A piece this long does not turn up by chance.
constexpr std::size_t kPiece = 12;

std::uint16_t beginning_of(const char* bytes) {
  std::uint16_t beginning = 0;
  std::memcpy(&beginning, bytes, sizeof beginning);
  return beginning;
}

}  // namespace

SecretWords::SecretWords(const char* path) {
  std::ifstream file(path);
  std::string secret;
  for (std::string name; file >> name >> secret; names_.push_back(name))
    add_pieces(names_.size(), secret);
}

void SecretWords::add_pieces(std::size_t word, const std::string& secret) {
  for (std::size_t at = 0; at + kPiece <= secret.size(); ++at) {
    const std::string piece = secret.substr(at, kPiece);
    beginnings_.set(beginning_of(piece.data()));
    pieces_.emplace(piece, Piece{word, at});
  }
}

const SecretWords::Piece* SecretWords::piece_at(const char* bytes) const {
  if (!beginnings_.test(beginning_of(bytes))) return nullptr;
  const auto found = pieces_.find(std::string(bytes, kPiece));
  return found == pieces_.end() ? nullptr : &found->second;
}

Copies SecretWords::copies_in(std::string_view bytes) const {
  Copies copies;
  const Piece* before = nullptr;
  for (std::size_t i = 0; i + kPiece <= bytes.size(); ++i) {
    const Piece* const piece = piece_at(bytes.data() + i);
    const bool goes_on = piece != nullptr && before != nullptr && before->word == piece->word &&
                         before->at + 1 == piece->at;
    if (piece != nullptr && !goes_on) ++copies[names_[piece->word]];
    before = piece;
  }
  return copies;
}

}  // namespace claude_auth::testing

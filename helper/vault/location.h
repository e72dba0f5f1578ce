// The Location of a reply, from its header lines: curl_easy_header, which would give it, is younger
// than libcurl 7.81.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace claude_auth {

/// Takes what libcurl gives to CURLOPT_HEADERFUNCTION, line by line.
class LocationReader {
 public:
  /// A status line (which begins anew: 100 may stand before 307), a header, the empty line after
  /// the headers, or a trailer.
  void take(std::string_view line);

  /// The last reply's Location; empty where there is none, or more than one line that might be it.
  [[nodiscard]] std::string only() const;

 private:
  enum class At { other_header, location, trailers };
  At at_ = At::other_header;
  std::vector<std::string> lines_;
};

}  // namespace claude_auth

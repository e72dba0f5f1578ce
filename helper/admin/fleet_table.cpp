#include "admin/fleet_table.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>

#include "admin/fleet_cells.h"

namespace claude_auth {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kIndent = 4;  // of what is to do, below its row
constexpr std::size_t kShortestUser = 8;

/// A column with its cells, top to bottom.
struct Column {
  const ColumnKind* kind;
  std::vector<Cell> cells;
  std::size_t width;

  [[nodiscard]] bool is_empty() const {
    return std::ranges::all_of(cells, [](const Cell& cell) { return cell.text == kEmptyCell; });
  }
};

Column make_column(const ColumnKind& kind, const std::vector<FleetRow>& rows, Instant now) {
  Column column{&kind,
                {},
                std::max(std::string_view(kind.top).size(), std::string_view(kind.heading).size())};
  for (const FleetRow& row : rows) {
    column.cells.push_back(kind.cell(row, now));
    column.width = std::max(column.width, column.cells.back().text.size());
  }
  return column;
}

std::size_t width_of(const std::vector<Column>& columns) {
  const std::size_t gaps = kGap * (columns.size() - 1);
  return std::accumulate(columns.begin(), columns.end(), gaps,
                         [](std::size_t sum, const Column& one) { return sum + one.width; });
}

/// Which column tells least: an empty one, else the most dispensable.
std::vector<Column>::iterator least_telling(std::vector<Column>& columns) {
  const auto rank = [](const Column& column) {
    return column.kind->dispensable == 0 ? 0
                                         : column.kind->dispensable + (column.is_empty() ? 10 : 0);
  };
  return std::ranges::max_element(columns, {}, rank);
}

std::vector<Column> columns_within(std::size_t width, const std::vector<FleetRow>& rows,
                                   Instant now) {
  std::vector<Column> columns;
  columns.reserve(fleet_columns().size());
  for (const ColumnKind& kind : fleet_columns()) columns.push_back(make_column(kind, rows, now));
  while (width_of(columns) > width) {
    const auto least = least_telling(columns);
    if (least->kind->dispensable == 0) break;
    columns.erase(least);
  }
  // Names are cut last.
  Column& users = columns.front();
  while (width_of(columns) > width && users.width > kShortestUser) --users.width;
  return columns;
}

std::string painted(const std::string& text, Tone tone, const TableStyle& style) {
  if (!style.colour) return text;
  switch (tone) {
    case Tone::plain:
      return text;
    case Tone::faint:
      return "\033[2m" + text + "\033[0m";
    case Tone::good:
      return "\033[32m" + text + "\033[0m";
    case Tone::notable:
      return "\033[33m" + text + "\033[0m";
    case Tone::bad:
      return "\033[31m" + text + "\033[0m";
  }
  return text;
}

/// One line from one cell a column. The last column is not padded.
std::string line_of(const std::vector<Column>& columns, const TableStyle& style,
                    const std::function<Cell(const Column&)>& cell_of) {
  std::string line;
  std::size_t blanks = 0;
  for (const Column& column : columns) {
    Cell cell = cell_of(column);
    if (cell.text.size() > column.width) cell.text = cell.text.substr(0, column.width - 1) + '~';
    const std::size_t padding = column.width - cell.text.size();
    const bool right = column.kind->right;
    line += std::string(blanks + (right ? padding : 0), ' ');
    line += painted(cell.text, cell.tone, style);
    blanks = kGap + (right ? 0 : padding);
  }
  return line;
}

TableStyle bare(const TableStyle& style) {
  return {.width = style.width, .colour = false};
}

std::string without_trailing_blanks(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

/// Broken at blanks into lines of `width`, and within a word that is longer than that.
std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  while (text.size() > width) {
    std::size_t end = text.rfind(' ', width);
    const bool at_blank = end != std::string_view::npos && end > 0;
    if (!at_blank) end = width;
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end + (at_blank ? 1 : 0));
  }
  lines.emplace_back(text);
  return lines;
}

std::string one_line(const Advice& advice) {
  return advice.why.empty() ? advice.command : advice.why + ": " + advice.command;
}

/// The command on a line of its own where it does not fit behind its reason: it is there to be
/// copied.
std::vector<std::string> lines_below(const Advice& advice, std::size_t width) {
  const std::size_t room = std::max(width, 2 * kIndent) - kIndent;
  std::vector<std::string> lines;
  if (one_line(advice).size() <= room) {
    lines.push_back(one_line(advice));
  } else {
    if (!advice.why.empty()) lines = wrapped(advice.why + ':', room);
    std::ranges::move(wrapped(advice.command, room), std::back_inserter(lines));
  }
  for (std::string& line : lines) line.insert(0, kIndent, ' ');
  return lines;
}

/// Bold, where there is colour at all. `to_do_at` 0: there is no such column.
std::vector<std::string> headings(const std::vector<Column>& columns, std::size_t to_do_at,
                                  const TableStyle& style) {
  std::vector<std::string> lines;
  for (const auto part : {&ColumnKind::top, &ColumnKind::heading})
    lines.push_back(without_trailing_blanks(line_of(
        columns, bare(style), [part](const Column& column) { return Cell{column.kind->*part}; })));
  if (lines.front().empty()) lines.erase(lines.begin());
  if (to_do_at > 0) {
    lines.back().resize(to_do_at, ' ');
    lines.back() += "TO DO";
  }
  if (style.colour)
    for (std::string& line : lines) line = "\033[1m" + line + "\033[0m";
  return lines;
}

}  // namespace

std::vector<std::string> render_table(const std::vector<FleetRow>& rows, Instant now,
                                      const TableStyle& style) {
  const std::vector<Column> columns = columns_within(style.width, rows, now);
  const std::size_t to_do_at = width_of(columns) + kGap;
  const auto fits_beside = [&](const FleetRow& row) {
    return to_do_at + one_line(row.advice).size() <= style.width;
  };
  const bool to_do_column = std::ranges::any_of(
      rows, [&](const FleetRow& row) { return !row.advice.command.empty() && fits_beside(row); });

  std::vector<std::string> lines = headings(columns, to_do_column ? to_do_at : 0, style);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Advice& advice = rows[i].advice;
    const auto cell_of = [i](const Column& column) { return column.cells[i]; };
    std::string line = line_of(columns, style, cell_of);
    if (!advice.command.empty() && fits_beside(rows[i])) {
      const std::size_t shown = line_of(columns, bare(style), cell_of).size();
      line += std::string(to_do_at - shown, ' ') + one_line(advice);
    }
    lines.push_back(std::move(line));
    if (!advice.command.empty() && !fits_beside(rows[i]))
      std::ranges::move(lines_below(advice, style.width), std::back_inserter(lines));
  }
  return lines;
}

std::string render_summary(const FleetCount& count, const TableStyle& style) {
  struct Part {
    std::size_t number;
    std::string words;
    Tone tone;
  };
  const Part parts[] = {
      {count.well, "well", Tone::good},
      {count.need_person, count.need_person == 1 ? "needs a person" : "need a person", Tone::bad},
      {count.unknown, "unknown", Tone::notable},
      {count.left_alone, "left alone", Tone::faint},
  };
  std::string line = std::to_string(count.users) + (count.users == 1 ? " user: " : " users: ");
  std::string separator;
  for (const Part& part : parts) {
    if (part.number == 0 && part.tone != Tone::good) continue;
    line += separator + painted(std::to_string(part.number) + ' ' + part.words, part.tone, style);
    separator = ", ";
  }
  return line;
}

}  // namespace claude_auth

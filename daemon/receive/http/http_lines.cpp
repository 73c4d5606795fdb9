#include "receive/http/http_routes.h"

#include <algorithm>
#include <memory>

#include "base/json/json_writer.h"
#include "base/text/line_count.h"
#include "receive/http/http_exchange.h"
#include "receive/network_threads.h"
#include "receive/record/json_lines.h"

namespace handshaked::receive {
namespace {

using boost::asio::awaitable;
constexpr auto npos = std::string_view::npos;

struct Taken {
  std::size_t accepted = 0;
  std::size_t malformed = 0;
  std::string problem;
};

std::string_view view(std::span<char> bytes) { return {bytes.data(), bytes.size()}; }

Result<> keep(ByteWindow& window, std::string_view bytes) {
  if (!window.reserve(bytes.size())) return fail(window.refusal(bytes.size()));
  window.append(bytes);
  return success();
}

/// Lines of nginx's own, as in a file: blocks of whole lines go on at once. `partial` holds what
/// was read of the body.
awaitable<Result<Taken>> take_text(ByteWindow& partial, HttpBody& body, Intake& intake) {
  Taken taken;
  std::size_t searched = 0;  // of `partial`: no line feed stands there
  bool has_more = true;
  while (has_more) {
    const auto line_feed = partial.view().substr(searched).rfind('\n');
    if (line_feed != npos) {
      const std::string_view lines = partial.view().substr(0, searched + line_feed + 1);
      taken.accepted += count_lines(lines);
      intake.add_lines(lines);
      partial.consume(lines.size());
    }
    searched = partial.size();
    if (partial.size() > JsonLines::kLineLimit)
      co_return fail(ErrorCode::invalid_input, "a line without end");
    const auto piece = co_await body.read_some();
    if (!piece) co_return fail(piece.error());
    has_more = !piece.value().empty();
    CO_TRY(keep(partial, view(piece.value())));
  }
  if (!partial.empty()) {
    intake.add_lines(partial.view());
    ++taken.accepted;
  }
  co_return taken;
}

/// `body` holds it all: an array of objects, or objects that are written over several lines.
awaitable<Taken> take_values(std::string_view body, JsonLines& lines,
                             const Connection& connection) {
  const Intake& intake = connection.intake;
  Taken taken;
  if (find_json_candidate(intake, body, 0) == npos) co_return taken;
  std::string_view rest = body;
  const std::size_t begin = rest.find_first_not_of(" \t\r\n");
  const bool is_array = begin != npos && rest[begin] == '[';
  if (is_array) rest.remove_prefix(begin + 1);
  for (std::size_t values = 1;; ++values) {
    if (values % Connection::kPiecesAtOnce == 0) co_await connection.let_others_work();
    const std::size_t next = rest.find_first_not_of(is_array ? " \t\r\n," : " \t\r\n");
    if (next == npos) {
      if (is_array) taken.problem = "the array does not end";
      break;
    }
    rest.remove_prefix(next);
    if (is_array && rest.front() == ']') break;
    const std::size_t length = json_value_length(rest);
    if (length == npos) {
      taken.problem = "an object was expected";
      ++taken.malformed;
      break;
    }
    const std::string_view object = rest.substr(0, length);
    if (find_json_candidate(intake, object, 0) != npos && !lines.add_object(object)) {
      ++taken.malformed;
      taken.problem = lines.first_problem();
    } else {
      ++taken.accepted;
    }
    rest.remove_prefix(length);
  }
  co_return taken;
}

/// Does `body`, which begins with a bracket, look like one object a line? Not: an array, an object
/// over several lines, and objects one behind another without a line feed (Fluent Bit's
/// json_stream).
bool has_line_ends(std::string_view body) {
  if (body.front() != '{') return false;
  const auto line_feed = body.find('\n');
  std::string_view line = body.substr(0, line_feed);
  while (line.ends_with('\r') || line.ends_with(' ')) line.remove_suffix(1);
  if (line_feed != npos) return line.ends_with('}');
  const std::size_t object = json_value_length(line);
  return object == npos || object == line.size();
}

/// `first` holds what was read of the body.
awaitable<Result<Taken>> take_json(ByteWindow& first, HttpBody& body, Connection connection,
                                   const FieldNames& names) {
  JsonLines lines(connection.intake, names, connection.json, connection.memory);
  if (!has_line_ends(first.view())) {
    CO_TRY(co_await body.read_all(first));
    co_return co_await take_values(first.view(), lines, connection);
  }
  CO_TRY(lines.add(first.view()));
  first.release();
  while (true) {
    const auto piece = co_await body.read_some();
    if (!piece) co_return fail(piece.error());
    if (piece.value().empty()) break;
    CO_TRY(lines.add(view(piece.value())));
  }
  lines.finish();
  co_return Taken{.accepted = lines.lines() - std::min(lines.lines(), lines.malformed()),
                  .malformed = lines.malformed(),
                  .problem = lines.first_problem()};
}

awaitable<Result<HttpAnswer>> take_lines(const net::HttpRequest& request, HttpBody& body,
                                         Connection connection,
                                         std::shared_ptr<const FieldNames> names) {
  if (is_repeated(request, connection)) {
    HttpAnswer known{.body = "{\"duplicate\":true}"};
    auto answer = co_await commit_and_answer(request, connection, std::move(known));
    co_return answer;
  }
  ByteWindow first(connection.memory);
  std::size_t begin = npos;
  while (begin == npos) {
    first.consume(first.size());
    const auto piece = co_await body.read_some();
    if (!piece) co_return fail(piece.error());
    if (piece.value().empty()) break;
    CO_TRY(keep(first, view(piece.value())));
    begin = first.view().find_first_not_of(" \t\r\n");
  }
  Result<Taken> taken = Taken();
  if (begin != npos) {
    const std::string type = request.content_type();
    const bool looks_like_json = first.view()[begin] == '{' || first.view()[begin] == '[';
    const bool says_json = type.ends_with("json");
    if (says_json && !looks_like_json)
      co_return fail(ErrorCode::invalid_input,
                     "the body is not JSON, although its Content-Type says so");
    if (looks_like_json && type != "text/plain") {
      first.consume(begin);
      taken = co_await take_json(first, body, connection, *names);
    } else {
      taken = co_await take_text(first, body, connection.intake);
    }
  }
  if (!taken) co_return fail(taken.error());
  connection.counters.records += taken.value().accepted;
  const bool is_all_bad = taken.value().malformed > 0 && taken.value().accepted == 0;
  if (is_all_bad) co_return fail(ErrorCode::invalid_input, taken.value().problem);
  if (taken.value().malformed > 0)
    connection.intake.count_malformed(taken.value().malformed, taken.value().problem);
  HttpAnswer answer;
  JsonWriter(answer.body)
      .begin_object()
      .member("accepted", taken.value().accepted)
      .member("malformed", taken.value().malformed)
      .end_object();
  auto committed = co_await commit_and_answer(request, connection, std::move(answer));
  co_return committed;
}

}  // namespace

HttpHandler lines_handler(FieldNames names) {
  return [shared = std::make_shared<const FieldNames>(std::move(names))](
             const net::HttpRequest& request, HttpBody& body, Connection connection) {
    return take_lines(request, body, std::move(connection), shared);
  };
}

}  // namespace handshaked::receive

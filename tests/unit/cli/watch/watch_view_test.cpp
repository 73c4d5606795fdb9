#include "cli/watch/watch_view.h"

#include <gtest/gtest.h>

#include "cli/document/text_layout.h"

namespace handshaked::cli {
namespace {

using Kind = WatchKey::Kind;

WatchedPage page_of(std::size_t incidents) {
  WatchedPage page{.now = "2026-11-21T03:00:00Z", .total = incidents, .incidents = {}};
  for (std::size_t i = 0; i < incidents; ++i)
    page.incidents.push_back(
        {.id = "inc-" + std::to_string(i),
         .title =
             "shop.example → 10.0.0." + std::to_string(i) +
             ":8443: the upstream's certificate does not verify: its issuer is not found (code 20)",
         .severity = i == 0 ? "critical" : "warning",
         .status = "open",
         .cause = "upstream_ca_not_trusted",
         .opened_at = "2026-11-21T02:58:00Z",
         .last_seen_at = "2026-11-21T03:00:00Z",
         .confidence = 0.5,
         .rate = 8.4,
         .count = 1234,
         .hosts = 2,
         .spark = {0, 0, 1, 4, 9}});
  return page;
}

WatchKey text(std::string typed) { return {Kind::text, std::move(typed)}; }

std::string joined(const std::vector<std::string>& lines) {
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  return all;
}

TEST(WatchKeys, AreReadFromWhatATerminalSends) {
  const auto kinds = [](std::string_view bytes) {
    std::vector<Kind> found;
    for (const WatchKey& key : read_keys(bytes)) found.push_back(key.kind);
    return found;
  };
  EXPECT_EQ(kinds("\x1b[A\x1b[B\x1bOA"), (std::vector<Kind>{Kind::up, Kind::down, Kind::up}));
  EXPECT_EQ(kinds("\x1b"), std::vector<Kind>{Kind::escape});
  EXPECT_EQ(kinds("\x1b\x1b[B"), (std::vector<Kind>{Kind::escape, Kind::down}));
  EXPECT_EQ(kinds("\r\x7f\x03"), (std::vector<Kind>{Kind::enter, Kind::erase, Kind::quit}));
  EXPECT_EQ(kinds("\x1b[200~j\x1b[1;5C"), std::vector<Kind>{Kind::text})
      << "what is unknown is left out as a whole";
  EXPECT_EQ(read_keys("证")[0].text, "证");
  EXPECT_TRUE(read_keys("\xff\x01").empty());
}

TEST(WatchView, FillsEveryScreenExactly) {
  for (const std::size_t incidents : {0U, 1U, 19U, 200U}) {
    for (const WatchView::Size size : {WatchView::Size{24, 80}, {10, 40}, {50, 200}, {7, 30}}) {
      WatchView view(Language::en, false);
      view.show(page_of(incidents));
      view.press({Kind::end}, size);
      const auto lines = view.screen(size);
      EXPECT_EQ(lines.size(), size.rows);
      for (const std::string& line : lines) EXPECT_LE(display_width(line), size.columns) << line;
    }
  }
}

TEST(WatchView, ShowsOnEightyByTwentyFourWhatIsWrongAndHowMuch) {
  WatchView view(Language::en, false);
  view.show(page_of(3));
  const std::string screen = joined(view.screen({24, 80}));
  for (const char* expected :
       {"3 open, worst now first", "03:00:00 UTC", "> C shop.example → 10.0.0.0:8443", "8.4/min",
        "▁▄█", "2 min", "upstream_ca_not_trusted? 50%", "1,234 lines", "2 hosts", "inc-0",
        "issuer is not found (code 20)", "q quit"})
    EXPECT_NE(screen.find(expected), std::string::npos) << expected << "\n" << screen;
}

TEST(WatchView, KeepsTheSameIncidentSelectedWhileOthersCome) {
  WatchView view(Language::en, false);
  view.show(page_of(3));
  view.press({Kind::down}, {});
  WatchedPage later = page_of(3);
  later.incidents.insert(later.incidents.begin(), later.incidents.front());
  later.incidents.front().id = "inc-new";
  view.show(later);
  EXPECT_NE(joined(view.screen({})).find("> W shop.example → 10.0.0.1:8443"), std::string::npos);
  view.show(page_of(1));  // it is gone
  EXPECT_NE(joined(view.screen({})).find("> C shop.example → 10.0.0.0:8443"), std::string::npos);
}

TEST(WatchView, ScrollsToWhatIsSelected) {
  WatchView view(Language::en, false);
  view.show(page_of(100));
  view.press({Kind::end}, {});
  EXPECT_NE(joined(view.screen({})).find("> W shop.example → 10.0.0.99:8443"), std::string::npos);
  view.press({Kind::home}, {});
  EXPECT_NE(joined(view.screen({})).find("> C shop.example → 10.0.0.0:8443"), std::string::npos);
}

TEST(WatchView, AsksForWhatIsTypedAndForOneIncident) {
  WatchView view(Language::en, false);
  view.show(page_of(2));
  for (const char* key : {"/", "q", "1", "证"}) EXPECT_TRUE(view.press(text(key), {}));
  EXPECT_EQ(view.question().search, "q1证");
  view.press({Kind::erase}, {});
  EXPECT_EQ(view.question().search, "q1");
  view.press({Kind::enter}, {});
  view.press(text("s"), {});
  view.press(text("a"), {});
  EXPECT_EQ(view.question().sort, "rate");
  EXPECT_EQ(view.question().status, "silenced");
  view.press({Kind::enter}, {});
  EXPECT_EQ(view.question().incident, "inc-0");
  EXPECT_TRUE(view.press(text("q"), {}));
  EXPECT_EQ(view.question().incident, "");
  EXPECT_FALSE(view.press(text("q"), {}));
  EXPECT_FALSE(view.press({Kind::quit}, {}));
}

TEST(WatchView, DetailsAreWrappedAndScrolled) {
  WatchView view(Language::en, false);
  view.show(page_of(1));
  view.press({Kind::enter}, {});
  std::string details = std::string(300, 'x') + "\n";
  for (int i = 0; i < 100; ++i) details += "  line " + std::to_string(i) + "\n";
  view.show_details(details);
  const auto first = view.screen({});
  EXPECT_EQ(first.size(), 24U);
  for (const std::string& line : first) EXPECT_LE(display_width(line), 80U);
  view.press({Kind::end}, {});
  EXPECT_NE(joined(view.screen({})).find("line 99"), std::string::npos);
  view.press({Kind::down}, {});
  EXPECT_NE(joined(view.screen({})).find("line 99"), std::string::npos) << "there is an end";
  view.press({Kind::home}, {});
  EXPECT_NE(joined(view.screen({})).find("xxx"), std::string::npos);
}

TEST(WatchView, SaysWhatIsWrongWithTheDaemonUntilItAnswers) {
  WatchView view(Language::en, false);
  view.complain("the daemon cannot be reached");
  EXPECT_EQ(view.screen({}).back(), "the daemon cannot be reached");
  view.show(page_of(0));
  EXPECT_EQ(joined(view.screen({})).find("cannot be reached"), std::string::npos);
  EXPECT_NE(joined(view.screen({})).find("Nothing to show: all is well."), std::string::npos);
}

TEST(WatchView, UsesColourOnlyWhereItIsWanted) {
  for (const bool has_colour : {false, true}) {
    WatchView view(Language::zh, has_colour);
    view.show(page_of(2));
    EXPECT_EQ(joined(view.screen({})).find('\x1b') != std::string::npos, has_colour);
  }
}

}  // namespace
}  // namespace handshaked::cli

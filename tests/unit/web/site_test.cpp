#include "web/site.h"

#include <gtest/gtest.h>

#include <optional>

#include "web/app_files.h"

namespace handshaked::web {
namespace {

using telemetry::Metrics;

class SiteTest : public testing::Test {
 protected:
  Site make(Site::Options options = {}) {
    return Site(
        {.ask_figures = [this](auto reply) { asked_.push_back(std::move(reply)); },
         .ask_api =
             [this](const net::HttpRequest& request, Language language, auto reply) {
               ++api_questions_;
               if (request.path == "/api/slow") return api_waiting_.push_back(std::move(reply));
               reply(request.path == "/api/incidents" ? 200 : 404,
                     std::string(language == Language::zh ? R"({"zh":1,"q":")" : R"({"q":")") +
                         request.parameter("q") + "\"}");
             }},
        options);
  }

  static net::HttpRequest request(std::string path, std::string query = {},
                                  std::string accept_language = {}) {
    net::HttpRequest request{
        .method = "GET", .path = std::move(path), .query = std::move(query), .headers = {}};
    if (!accept_language.empty()) request.headers.emplace_back("Accept-Language", accept_language);
    return request;
  }

  /// The answer, with the figures given at once.
  WebAnswer ask(Site& site, const net::HttpRequest& request) {
    std::optional<WebAnswer> answer;
    site.answer(request, [&answer](WebAnswer given) { answer = std::move(given); });
    for (const auto& reply : std::exchange(asked_, {})) reply(figures_);
    EXPECT_TRUE(answer.has_value());
    return answer.value_or(WebAnswer{});
  }

  Metrics ready() {
    Metrics figures;
    figures.has_looked_at_sources = true;
    figures.rules_loaded = 1;
    figures.sources.push_back(
        {.kind = "files", .name = "/l", .last_line_at = {}, .lag_bytes = 0, .listener = {}});
    return figures;
  }

  std::vector<std::function<void(const Metrics&)>> asked_;
  std::vector<std::function<void(unsigned, std::string)>> api_waiting_;
  int api_questions_ = 0;
  Metrics figures_ = ready();
};

TEST_F(SiteTest, HealthAndReadiness) {
  Site site = make({.keep = std::chrono::milliseconds(0)});
  EXPECT_EQ(ask(site, request("/healthz")).status, 200U);
  EXPECT_EQ(ask(site, request("/readyz")).status, 200U);
  figures_.store.answers = false;
  EXPECT_EQ(ask(site, request("/healthz")).status, 503U);
  figures_.sources[0].state = telemetry::SourceMetrics::State::unreadable;
  const WebAnswer answer = ask(site, request("/readyz"));
  EXPECT_EQ(answer.status, 503U);
  EXPECT_EQ(answer.body,
            "{\"status\":\"not ready\",\"reasons\":[\"/l cannot be read\",\"the database does not "
            "answer\"]}\n");
  EXPECT_EQ(answer.content_type, "application/json");
}

TEST_F(SiteTest, TheLanguageIsAskedForElsePreferredElseConfigured) {
  Site site = make({.language = Language::zh});
  EXPECT_NE(ask(site, request("/api/incidents")).body.find("\"zh\""), std::string::npos);
  EXPECT_EQ(ask(site, request("/api/incidents", {}, "en")).body.find("\"zh\""), std::string::npos);
  EXPECT_NE(ask(site, request("/api/incidents", "lang=zh", "en")).body.find("\"zh\""),
            std::string::npos);
}

TEST_F(SiteTest, ThePageIsSentPackedAndOnlyOnce) {
  Site site = make();
  for (const char* const path :
       {"/", "/incidents/inc-0", "/timeline", "/fleet", "/app.js", "/app.css", "/icon.svg"}) {
    const WebAnswer plain = ask(site, request(path));
    EXPECT_EQ(plain.status, 200U) << path;
    net::HttpRequest packed = request(path);
    packed.headers.emplace_back("Accept-Encoding", "gzip, br");
    const WebAnswer small = ask(site, packed);
    EXPECT_TRUE(small.body.starts_with("\x1f\x8b")) << path;
    const auto header = [&](std::string_view name) {
      for (const auto& [key, value] : small.headers)
        if (key == name) return value;
      return std::string();
    };
    EXPECT_EQ(header("Content-Encoding"), "gzip");
    packed.headers.emplace_back("If-None-Match", header("ETag"));
    const WebAnswer unchanged = ask(site, packed);
    EXPECT_EQ(unchanged.status, 304U) << path;
    EXPECT_TRUE(unchanged.body.empty());
    EXPECT_EQ(header("Content-Security-Policy").find("unsafe"), std::string::npos);
  }
}

TEST_F(SiteTest, ThePageWeighsLittle) {
  std::size_t packed = 0;
  for (const char* const path : {"/", "/app.js", "/app.css", "/icon.svg"})
    packed += find_app_file(path)->gzipped.size();
  EXPECT_LE(packed, 120U * 1024);
}

TEST_F(SiteTest, WhatManyAskOfTheApiAtOnceIsAskedOnce) {
  Site site = make();
  int answers = 0;
  for (int i = 0; i < 20; ++i)
    site.answer(request("/api/slow", "q=1"), [&answers](WebAnswer) { ++answers; });
  EXPECT_EQ(api_questions_, 1);
  for (const auto& reply : std::exchange(api_waiting_, {})) reply(200, "{}");
  EXPECT_EQ(answers, 20);
  for (int i = 0; i < 500; ++i) ask(site, request("/api/incidents", "q=" + std::to_string(i)));
  EXPECT_EQ(api_questions_, 501) << "other questions have other answers, and old ones are dropped";
}

TEST_F(SiteTest, EventsAreForThoseWhoListen) {
  Site site = make();
  EXPECT_EQ(ask(site, request("/api/events")).status, 503U) << "there is no feed here";
}

TEST_F(SiteTest, WithoutThePageThereAreMetricsAndHealth) {
  Site site = make({.has_page = false});
  EXPECT_EQ(ask(site, request("/metrics")).status, 200U);
  std::optional<WebAnswer> answer;
  for (const char* const path :
       {"/", "/api/incidents", "/api/events", "/app.js", "/incidents/inc-1", "/nothing",
        "/metrics/", "//", "/../metrics"}) {
    site.answer(request(path), [&answer](WebAnswer given) { answer = std::move(given); });
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->status, 404U) << path;
    answer.reset();
  }
}

TEST_F(SiteTest, ManyWhoAskAtOnceCauseOneQuestion) {
  Site site = make();
  int answers = 0;
  for (int i = 0; i < 50; ++i)
    site.answer(request("/metrics"), [&answers](WebAnswer) { ++answers; });
  EXPECT_EQ(asked_.size(), 1U);
  for (const auto& reply : std::exchange(asked_, {})) reply(figures_);
  EXPECT_EQ(answers, 50);
  site.answer(request("/metrics"), [&answers](WebAnswer) { ++answers; });
  EXPECT_EQ(answers, 51) << "what is a moment old is given again";
  EXPECT_TRUE(asked_.empty());
}

TEST(PreferredLanguage, ByWeight) {
  EXPECT_EQ(preferred_language("", Language::zh), Language::zh);
  EXPECT_EQ(preferred_language("de, fr;q=0.9", Language::en), Language::en);
  EXPECT_EQ(preferred_language("zh-CN,zh;q=0.9,en;q=0.8", Language::en), Language::zh);
  EXPECT_EQ(preferred_language("zh;q=0.1, en-GB;q=0.5", Language::zh), Language::en);
  EXPECT_EQ(preferred_language("zh;q=0", Language::en), Language::en);
  EXPECT_EQ(preferred_language("zh;q=nan, en;q=x", Language::en), Language::en);
  EXPECT_EQ(preferred_language(std::string(10000, ','), Language::en), Language::en);
}

}  // namespace
}  // namespace handshaked::web

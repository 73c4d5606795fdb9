#include "web/html_text.h"

#include <gtest/gtest.h>

namespace handshaked::web {
namespace {

TEST(HtmlText, LeavesNoMarkupInText) {
  EXPECT_EQ(html_text("<script>alert('x')</script> & \"y\""), "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;y&quot;");
  EXPECT_EQ(html_text("证书"), "证书");
}

TEST(HtmlText, LeavesNothingThatDeceivesTheReader) {
  for (const char* const text : {"a\x1b[31mb", "a\u202eb", "a\u200bb", "a\xffz", "a\x01z"}) {
    const std::string shown = html_text(text);
    EXPECT_EQ(shown.find('\x1b'), std::string::npos);
    EXPECT_EQ(shown.find("\u202e"), std::string::npos);
    EXPECT_EQ(shown.find("\u200b"), std::string::npos);
    EXPECT_EQ(shown.find('\xff'), std::string::npos);
    EXPECT_EQ(shown.find('\x01'), std::string::npos);
  }
}

TEST(HtmlText, APatchCanBeCopied) {
  EXPECT_EQ(html_patch("-\tproxy_ssl_name a;\n+\tproxy_ssl_name \"<b>\";\n"),
            "-\tproxy_ssl_name a;\n+\tproxy_ssl_name &quot;&lt;b&gt;&quot;;\n");
  EXPECT_EQ(html_patch(""), "");
  EXPECT_EQ(html_patch("\t"), "\t");
}

}  // namespace
}  // namespace handshaked::web

#include "diagnose/certificates/pem_bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "support/temp_dir.h"
#include "unit/diagnose/test_pki.h"

namespace handshaked::diagnose {
namespace {

PemBundle read(const std::string& text) { return read_pem_bundle(text).value(); }

TEST(PemBundle, FindsEverythingInItsOrder) {
  const auto root = TestIdentity::root("Root");
  const auto leaf = root.leaf();
  const std::string text = "# my CAs\n" + root.pem() + "\nsome words\n" +
                           pem_block("X509 CRL", make_crl(root, {}, -1, 1)) + leaf.key_pem() +
                           leaf.key_pem("secret") + root.trusted_pem(NID_server_auth, false) +
                           leaf.pem();
  const PemBundle bundle = read(text);
  EXPECT_EQ(bundle.form, BundleForm::pem);
  ASSERT_EQ(bundle.blocks.size(), 6U);
  EXPECT_EQ(bundle.blocks[0].first_line, 2U);
  EXPECT_EQ(bundle.blocks[0].kind, BlockKind::certificate);
  EXPECT_EQ(bundle.blocks[1].kind, BlockKind::crl);
  EXPECT_EQ(bundle.blocks[2].kind, BlockKind::private_key);
  EXPECT_EQ(bundle.blocks[3].kind, BlockKind::encrypted_private_key);
  EXPECT_EQ(bundle.blocks[4].kind, BlockKind::trusted_certificate);
  ASSERT_EQ(bundle.certificates.size(), 3U);
  EXPECT_EQ(bundle.certificates[0].certificate.facts().common_name, "Root");
  EXPECT_TRUE(bundle.certificates[1].certificate.has_trust_settings());
  EXPECT_EQ(bundle.certificates[2].block, 5U);
  EXPECT_EQ(bundle.crls.size(), 1U);
  EXPECT_TRUE(bundle.has_private_key());
  EXPECT_TRUE(bundle.loads_as_trust());
}

TEST(PemBundle, SaysWhereABlockIsDamaged) {
  const std::string good = TestIdentity::root("Root").pem();
  std::string bad_base64 = good;
  bad_base64[100] = '!';
  std::string joined = good;
  joined.pop_back();
  joined += good;
  const std::string cut = good.substr(0, good.size() / 2);
  const struct {
    std::string text;
    std::string problem;
    unsigned line;
  } cases[] = {{good + bad_base64, "bad base64 decode", 0},
               {joined, "bad end line", 1},
               {good + cut, "", 0},
               {good + pem_block("CERTIFICATE", "rubbish"), "", 0}};
  for (const auto& [text, problem, line] : cases) {
    const PemBundle bundle = read(text);
    ASSERT_NE(bundle.damaged_block(), nullptr) << text;
    if (!problem.empty()) {
      EXPECT_EQ(bundle.damaged_block()->problem, problem);
    }
    EXPECT_FALSE(bundle.damaged_block()->problem.empty());
    if (line) {
      EXPECT_EQ(bundle.damaged_block()->first_line, line);
    }
    EXPECT_FALSE(bundle.loads_as_trust());
  }
}

TEST(PemBundle, TellsOtherFilesApart) {
  const auto root = TestIdentity::root("Root");
  EXPECT_EQ(read("").form, BundleForm::empty);
  EXPECT_EQ(read(" \n\n").form, BundleForm::empty);
  EXPECT_EQ(read("ssl_certificate x;\n").form, BundleForm::not_pem);
  EXPECT_EQ(read(root.der()).form, BundleForm::der_certificate);
  EXPECT_EQ(read(make_crl(root, {}, -1, 1)).form, BundleForm::der_crl);
  EXPECT_EQ(read("\x30\x82\x01\x0a rubbish").form, BundleForm::der_other);
  EXPECT_EQ(read("0123456789").form, BundleForm::not_pem);
  EXPECT_FALSE(read("").loads_as_trust());
  EXPECT_FALSE(read(root.key_pem()).loads_as_trust());
}

TEST(PemBundle, ReadsWhatEditorsMakeOfIt) {
  std::string text = TestIdentity::root("Root").pem();
  std::string crlf;
  for (const char c : text) {
    if (c == '\n') crlf.push_back('\r');
    crlf.push_back(c);
  }
  EXPECT_TRUE(read(crlf).loads_as_trust());
  text.pop_back();
  EXPECT_TRUE(read(text).loads_as_trust());
  EXPECT_TRUE(read("\xEF\xBB\xBF\n" + text).loads_as_trust());
  EXPECT_EQ(read(" " + text).form, BundleForm::not_pem);
}

TEST(PemBundle, AgreesWithOpensslOnDamage) {
  // nginx loads with X509_load_cert_crl_file(); whatever a byte turns into, both must say the same.
  const test::TempDir directory;
  const auto root = TestIdentity::root("Root");
  const std::string good = root.pem() + root.leaf().pem();
  unsigned state = 12345;
  for (int round = 0; round < 300; ++round) {
    std::string text = good;
    for (int change = 0; change < 1 + round % 3; ++change) {
      state = state * 1103515245U + 12345U;
      const std::size_t at = (state >> 8) % text.size();
      state = state * 1103515245U + 12345U;
      switch ((state >> 8) % 4) {
        case 0: text[at] = "\n-!A=\r "[(state >> 16) % 7]; break;
        case 1: text.erase(at, 1 + (state >> 16) % 80); break;
        case 2: text.insert(at, 1, "\n-!A="[(state >> 16) % 5]); break;
        default: text.resize(at); break;
      }
      if (text.empty()) text = "x";
    }
    const std::string path = (directory / "bundle.pem").string();
    std::ofstream(path, std::ios::trunc) << text;
    X509_STORE* const store = X509_STORE_new();
    const bool openssl_takes_it = X509_STORE_load_file(store, path.c_str()) == 1;
    X509_STORE_free(store);
    EXPECT_EQ(read_pem_file(path).value().loads_as_trust(), openssl_takes_it)
        << "round " << round << "\n"
        << text;
  }
}

TEST(PemBundle, ReadsFilesOnly) {
  const test::TempDir directory;
  EXPECT_EQ(read_pem_file((directory / "none").string()).error().code(), ErrorCode::not_found);
  EXPECT_EQ(read_pem_file(directory.path().string()).error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(read_pem_file("/dev/zero").error().code(), ErrorCode::invalid_input);
  ASSERT_EQ(::mkfifo((directory / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(read_pem_file((directory / "fifo").string()).error().code(), ErrorCode::invalid_input);
}

}  // namespace
}  // namespace handshaked::diagnose

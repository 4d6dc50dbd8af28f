#!/usr/bin/env python3
"""Proves that every rule of tidy.py can fail, and that a clean tree passes."""

import pathlib
import tempfile
import unittest

import tidy


class TidyTest(unittest.TestCase):
    def problems(self, rule, tree):
        with tempfile.TemporaryDirectory() as directory:
            root = pathlib.Path(directory)
            for name, text in tree.items():
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            return list(tidy.CHECKS[rule](root))

    def assert_fails(self, rule, tree, word):
        found = self.problems(rule, tree)
        self.assertTrue(any(word in problem for problem in found), found)

    def test_clean_tree_passes(self):
        tree = {"services/common/base/a.h": "#pragma once\n#include <string>\n",
                "CMakeLists.txt": ""}
        for rule in tidy.CHECKS:
            self.assertEqual(self.problems(rule, tree), [], rule)

    def test_top_level(self):
        self.assert_fails("top-level", {"extra/a.txt": ""}, "extra")

    def test_long_file(self):
        self.assert_fails("lengths", {"mpi/a.cc": "int x;\n" * 601}, "601 lines")

    def test_long_function(self):
        body = "int Long() {\n" + "  f();\n" * 69 + "}\n"
        self.assert_fails("lengths", {"mpi/a.cc": body}, "function of 71 lines")

    def test_long_function_with_a_broken_signature(self):
        body = "int Long(int a,\n         int b) {\n" + "  f();\n" * 80 + "}\n"
        self.assert_fails("lengths", {"mpi/a.cc": body}, "function of 83 lines")

    def test_long_method(self):
        body = "class A {\n  int Long() {\n" + "    f();\n" * 80 + "  }\n};\n"
        self.assert_fails("lengths", {"mpi/a.cc": body}, "function of 82 lines")

    def test_function_of_seventy_lines_passes(self):
        body = "int Fits() {\n" + "  f();\n" * 68 + "}\n"
        self.assertEqual(self.problems("lengths", {"mpi/a.cc": body}), [])

    def test_words(self):
        self.assert_fails("words", {"mpi/a.cc": "// TODO: later\n"}, "promises work")

    def test_layers(self):
        cases = [
            ("services/common/base/a.h", "services/common/storage/kv_store.h", "base stands"),
            ("mpi/score/a.cc", "hie/mpi/v1/mpi.pb.h", "no protobuf"),
            ("services/consent/decide.cc", "services/common/storage/kv_store.h", "no I/O"),
            ("gateway/exchange/step.cc", "services/common/rpc/channel.h", "no I/O"),
            ("services/registry/a.cc", "grpcpp/grpcpp.h", "knows gRPC"),
            ("services/registry/a.cc", "rocksdb/db.h", "RocksDB"),
            ("services/consent/a.cc", "services/common/json/value.h", "JSON"),
            ("services/consent/a.cc", "boost/beast/core.hpp", "Beast"),
            ("services/common/rpc/a.cc", "gateway/exchange/a.h", "ground floor"),
            ("mpi/service/a.cc", "services/consent/decide.h", "index knows"),
            ("gateway/edge/a.cc", "services/consent/decide.h", "by their protos"),
            ("services/consent/a.cc", "services/audit/audit_role.h", "another service"),
        ]
        for name, header, word in cases:
            self.assert_fails("layers", {name: f'#include "{header}"\n'}, word)

    def test_programs_and_edges_may(self):
        for name, header in [("services/hied/main.cc", "rocksdb/db.h"),
                             ("gateway/exchange/query_driver.cc", "services/common/rpc/channel.h"),
                             ("services/hiectl/a.cc", "services/common/json/value.h")]:
            self.assertEqual(self.problems("layers", {name: f'#include "{header}"\n'}), [], name)

    def test_real_clock(self):
        self.assert_fails("layers", {"mpi/service/a.cc": "SystemClock clock;\n"}, "main.cc only")

    def test_rpc_without_permission(self):
        text = "service S { rpc Get(A) returns (B) { option idempotency_level = IDEMPOTENT; } }"
        self.assert_fails("rpcs", {"protos/a.proto": text}, "no permission")

    def test_rpc_without_options(self):
        self.assert_fails("rpcs", {"protos/a.proto": "service S { rpc Get(A) returns (B); }"},
                          "idempotent")

    def test_phi_field_without_mark(self):
        self.assert_fails("phi", {"protos/a.proto": "message M {\n  string family = 1;\n}\n"},
                          "family")


if __name__ == "__main__":
    unittest.main()

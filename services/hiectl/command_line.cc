#include "services/hiectl/command_line.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>
#include <string>

#include "services/hiectl/commands/audit_commands.h"
#include "services/hiectl/commands/conformance_commands.h"
#include "services/hiectl/commands/consent_commands.h"
#include "services/hiectl/commands/demo_commands.h"
#include "services/hiectl/commands/first_load_commands.h"
#include "services/hiectl/commands/glass_commands.h"
#include "services/hiectl/commands/intake_commands.h"
#include "services/hiectl/commands/load_commands.h"
#include "services/hiectl/commands/match_commands.h"
#include "services/hiectl/commands/member_commands.h"
#include "services/hiectl/commands/onboarding_commands.h"
#include "services/hiectl/commands/patient_commands.h"
#include "services/hiectl/commands/query_commands.h"
#include "services/hiectl/commands/setup_commands.h"
#include "services/hiectl/commands/store_commands.h"
#include "services/hiectl/mpi_verbs.h"

namespace hie::ctl {
namespace {

// The tree of nouns and verbs.  Options live here until the chosen command has run.
class CommandTree {
 public:
  CommandTree() {
    app_.require_subcommand(1);
    app_.add_option("-o,--output", format_, "table or json")
        ->check(CLI::IsMember({"table", "json"}));
    AddConnection();
    AddPatient();
    AddQuery();
    AddGlass();
    AddConsent();
    AddAudit();
    AddMember();
    AddException();
    AddSetup();
    AddStore();
    AddMatch();
    AddMpi();
  }

  // Returns the exit code of the command line itself, or kOk with the command chosen.
  ExitCode Parse(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app_.exit(error) == 0 ? ExitCode::kOk : ExitCode::kUsage;
    }
    return ExitCode::kOk;
  }

  bool chosen() const { return static_cast<bool>(run_); }
  Format format() const { return format_ == "json" ? Format::kJson : Format::kTable; }
  const SessionOptions& session() const { return session_; }
  ExitCode Run(const Context& context) const { return run_(context); }

 private:
  CLI::App* Noun(const char* name, const char* help) {
    CLI::App* noun = app_.add_subcommand(name, help);
    noun->require_subcommand(1);
    return noun;
  }

  CLI::App* Verb(CLI::App* noun, const char* name, const char* help,
                 std::function<ExitCode(const Context&)> run) {
    CLI::App* verb = noun->add_subcommand(name, help);
    verb->fallthrough();
    verb->callback([this, run = std::move(run)] { run_ = run; });
    return verb;
  }

  void AddConnection() {
    app_.fallthrough();
    app_.add_option("--gateway", session_.gateway, "host:port of the gateway")
        ->envname("HIE_GATEWAY");
    app_.add_option("--credentials", session_.credentials, "folder of the member's keys")
        ->envname("HIE_CREDENTIALS");
    app_.add_option("--trust", session_.trust_anchors, "ca.crt; by default beside the members");
    app_.add_option("--user", session_.user, "user within the member")->envname("HIE_USER");
    app_.add_option("--role", session_.roles, "role to act in")->envname("HIE_ROLE");
    app_.add_option("--purpose", session_.purpose, "TREAT, ETREAT, BTG, PATADMIN, ...")
        ->envname("HIE_PURPOSE");
  }

  void AddPatient() {
    CLI::App* noun = Noun("patient", "persons and their records");
    Verb(noun, "find", "who fits the demographics, and why",
         [this](const Context& c) { return PatientFind(c, find_); })
        ->add_option("--file", find_.demographics, "demographics as JSON; - is standard input")
        ->required();
    Verb(noun, "register", "feed patients of the caller's member",
         [this](const Context& c) { return PatientRegister(c, register_); })
        ->add_option("--file", register_.file, "one RegisterPatient as JSON a line")
        ->required();
    Verb(noun, "link", "decide that two records are the same person",
         [this](const Context& c) { return PatientDecide(c, decide_); })
        ->add_option("--file", decide_.pair, "a DecideLinkRequest as JSON")
        ->required();
    Verb(noun, "unlink", "decide that two records are not the same person",
         [this](const Context& c) {
           decide_.decision = PatientDecideOptions::Decision::kDifferent;
           return PatientDecide(c, decide_);
         })
        ->add_option("--file", decide_.pair, "a DecideLinkRequest as JSON")
        ->required();
  }

  void AddQuery() {
    CLI::App* run = Verb(Noun("query", "records at other members"), "run",
                         "everything that other members hold and you may see",
                         [this](const Context& c) { return QueryRun(c, query_); });
    CLI::Option_group* who = run->add_option_group("who");
    who->require_option(1);
    who->add_option("--subject", query_.subject, "a PatientSubject as JSON");
    who->add_option("--demographics", query_.demographics, "demographics as JSON");
    run->add_option("--class", query_.classes, "only these classes");
    run->add_option("--budget_ms", query_.budget_millis, "time for the whole answer");
    run->add_option("--session", query_.session_id, "break-glass session");
    CLI::App* get =
        Verb(Noun("document", "documents of other members"), "get", "the content of one document",
             [this](const Context& c) { return DocumentGet(c, document_); });
    get->add_option("--subject", document_.subject, "a PatientSubject as JSON")->required();
    get->add_option("--id", document_.document_id, "id from an answer's index")->required();
    get->add_option("--out", document_.out, "file to write")->required();
    get->add_option("--session", document_.session_id, "break-glass session");
  }

  void AddGlass() {
    CLI::App* noun = Noun("glass", "emergency access");
    CLI::App* open = Verb(noun, "open", "declare an emergency for a person",
                          [this](const Context& c) { return GlassOpen(c, glass_); });
    open->add_option("--subject", glass_.subject, "a PatientSubject as JSON")->required();
    open->add_option("--reentered", glass_.reentered, "family name and birth date, entered again")
        ->required();
    open->add_option("--reason", glass_.reason, "unconscious, lacks-capacity, ...")->required();
    open->add_option("--encounter", glass_.encounter, "encounter or place")->required();
    open->add_option("--narrative_file", glass_.narrative_file, "required for other");
    open->add_flag("--attest_emergency", glass_.attest_emergency, "this is an emergency");
    open->add_flag("--attest_consent_impracticable", glass_.attest_consent_impracticable,
                   "asking for consent is impracticable");
    open->add_flag("--attest_information_needed", glass_.attest_information_needed,
                   "the information is needed");
    Verb(noun, "more", "attest that allergies, medicines and problems do not suffice",
         [this](const Context& c) { return GlassMore(c, id_); })
        ->add_option("--session", id_, "break-glass session")
        ->required();
    Verb(noun, "end", "end the emergency", [this](const Context& c) { return GlassEnd(c, id_); })
        ->add_option("--session", id_, "break-glass session")
        ->required();
  }

  void AddConsent() {
    CLI::App* noun = Noun("consent", "patients' directives");
    Verb(noun, "put", "record or amend a directive",
         [this](const Context& c) { return ConsentPut(c, file_); })
        ->add_option("--file", file_, "a Directive as JSON")
        ->required();
    Verb(noun, "list", "a person's directives",
         [this](const Context& c) { return ConsentList(c, file_); })
        ->add_option("--subject", file_, "a PatientSubject as JSON")
        ->required();
    CLI::App* revoke = Verb(noun, "revoke", "revoke a directive",
                            [this](const Context& c) { return ConsentRevoke(c, id_, file_); });
    revoke->add_option("--id", id_, "directive")->required();
    revoke->add_option("--subject", file_, "a LocalPatient as JSON")->required();
  }

  void AddAudit() {
    CLI::App* noun = Noun("audit", "who looked, and why");
    CLI::App* list = Verb(noun, "list", "events of a person or a member",
                          [this](const Context& c) { return AuditList(c, audit_); });
    list->add_option("--subject", audit_.subject, "a PatientSubject as JSON");
    list->add_option("--member", audit_.member, "member; the operator may name any");
    list->add_option("--limit", audit_.limit, "at most this many");
    Verb(noun, "verify", "recompute the hash chain", [this](const Context& c) {
      return AuditVerify(c, file_);
    })->add_option("--dir", file_, "offline, over these segment files");
    Verb(noun, "notices", "what waits for the privacy officer", [this](const Context& c) {
      return AuditNotices(c, id_);
    })->add_option("--member", id_, "member; the operator may name any");
  }

  void AddMember() {
    CLI::App* noun = Noun("member", "members of the exchange");
    Verb(noun, "list", "members and their agents", [](const Context& c) { return MemberList(c); });
    Verb(noun, "template", "a member's file to start from",
         [](const Context& c) { return MemberTemplate(c); });
    CLI::App* add = Verb(noun, "add", "create or change a member",
                         [this](const Context& c) { return MemberAdd(c, member_); });
    add->add_option("--file", member_.file, "a Member as TOML (.toml) or JSON")->required();
    add->add_option("--certificate", member_.certificate_file, "its client.crt, to register");
    add->add_option("--token_key", member_.token_key_file, "its token.pub, to register");
    AddOnboarding(noun);
    AddClients(noun);
  }

  void AddOnboarding(CLI::App* noun) {
    CLI::App* map = Verb(noun, "map-namespaces", "propose domains and sources from a sample feed",
                         [this](const Context& c) { return MemberMapNamespaces(c, namespaces_); });
    map->add_option("--sample", namespaces_.sample, "folder of HL7 v2 messages")->required();
    map->add_option("--out", namespaces_.out, "TOML file to write");
    CLI::App* replay = Verb(noun, "replay", "play a folder of messages or of FHIR Patients",
                            [this](const Context& c) { return MemberReplay(c, replay_); });
    replay->add_option("--folder", replay_.folder, "HL7 v2 files, or .ndjson of Patients")
        ->required();
    replay->add_option("--to", replay_.to, "host:port of the MLLP listener");
    CLI::App* test = Verb(noun, "test", "our conformance run against the member's server or agent",
                          [this](const Context& c) { return MemberTest(c, member_test_); });
    test->add_option("--member", member_test_.member, "member")->required();
    test->add_option("--patient", member_test_.patient_file,
                     "a test patient, LocalPatient as JSON");
    test->add_option("--key", member_test_.key_file, "our key at that server, PEM");
    test->add_option("--server_trust", member_test_.trust_file, "its certificate authority, PEM");
    Verb(noun, "shadow", "what the member's feed would have done", [this](const Context& c) {
      return MemberShadow(c, move_.member);
    })->add_option("--member", move_.member, "member; the operator may name any");
    CLI::App* shadow = Verb(noun, "enter-shadow", "TEST to SHADOW",
                            [this](const Context& c) { return MemberEnterShadow(c, move_); });
    CLI::App* live = Verb(noun, "go-live", "SHADOW or SUSPENDED to LIVE",
                          [this](const Context& c) { return MemberGoLive(c, move_); });
    live->add_flag("--anyway", move_.anyway, "despite the report's findings");
    CLI::App* suspend = Verb(noun, "suspend", "LIVE to SUSPENDED",
                             [this](const Context& c) { return MemberSuspend(c, move_); });
    for (CLI::App* verb : {shadow, live, suspend}) {
      verb->add_option("--member", move_.member, "member")->required();
    }
  }

  void AddClients(CLI::App* noun) {
    CLI::App* add = Verb(noun, "client-add", "register a backend client, or change it",
                         [this](const Context& c) { return MemberClientAdd(c, client_); });
    CLI::App* revoke = Verb(noun, "client-revoke", "refuse a backend client from now on",
                            [this](const Context& c) { return MemberClientRevoke(c, client_); });
    for (CLI::App* verb : {add, revoke}) {
      verb->add_option("--member", client_.member, "member")->required();
      verb->add_option("--id", client_.id, "client_id: a-z 0-9 . -")->required();
    }
    CLI::Option_group* keys = add->add_option_group("keys");
    keys->require_option(1);
    keys->add_option("--jwks", client_.jwks_file, "file with its JWK Set");
    keys->add_option("--jwks_url", client_.jwks_url, "https address of its JWK Set");
    add->add_option("--name", client_.name, "name for people");
    add->add_option("--scope", client_.scopes, "system/Patient.rs, ITI-65, ...")->required();
    add->add_option("--may_claim", client_.purposes, "purposes: TREAT, ETREAT, BTG, ...");
    add->add_option("--certificate", client_.certificate_file, "TLS certificate it must show");
  }

  void AddException() {
    CLI::App* noun = Noun("exception", "messages that intake could not apply");
    CLI::App* list = Verb(noun, "list", "oldest first, without patient data",
                          [this](const Context& c) { return ExceptionList(c, exception_); });
    list->add_option("--member", exception_.member, "member; the operator may name any");
    list->add_flag("--all", exception_.all, "closed ones too");
    list->add_option("--limit", exception_.limit, "at most this many");
    list->add_option("--after", exception_.after, "only ids above this one");
    CLI::App* show = Verb(noun, "show", "one of them; audited",
                          [this](const Context& c) { return ExceptionShow(c, exception_); });
    show->add_option("--out", exception_.out, "file for the message");
    CLI::App* replay = Verb(noun, "replay", "apply it again",
                            [this](const Context& c) { return ExceptionReplay(c, exception_); });
    CLI::App* discard = Verb(noun, "discard", "close it without effect",
                             [this](const Context& c) { return ExceptionDiscard(c, exception_); });
    discard->add_option("--reason", exception_.reason, "why")->required();
    for (CLI::App* verb : {show, replay, discard}) {
      verb->add_option("--id", exception_.id, "exception")->required();
    }
  }

  void AddSetup() {
    CLI::App* gen = Noun("gen", "generated data");
    AddGenPeople(gen);
    CLI::App* region =
        Verb(gen, "region", "hospitals, people and their charts; the same seed, the same bytes",
             [this](const Context& c) { return GenRegion(c, region_); });
    region->add_option("--people", region_.people, "inhabitants");
    region->add_option("--members", region_.members, "hospitals, 1 to 6");
    region->add_option("--seed", region_.seed, "seed");
    region->add_option("--out", region_.out, "directory, new or empty")->required();
    CLI::App* pki = Verb(Noun("pki", "keys and certificates"), "init",
                         "make what is missing, and the directory to start from",
                         [this](const Context& c) { return PkiInit(c, pki_); });
    pki->add_option("--members", pki_.members, "members.textproto")->required();
    pki->add_option("--out", pki_.out, "directory")->required();
    CLI::App* demo = Verb(Noun("demo", "the demonstration"), "run",
                          "the emergency query, checked against what must come",
                          [this](const Context& c) { return DemoRun(c, demo_); });
    demo->add_option("--region", demo_.region, "generated region")->required();
    demo->add_option("--pki", demo_.pki, "keys")->required();
  }

  void AddGenPeople(CLI::App* noun) {
    CLI::App* people = Verb(noun, "people", "records of people with the truth about them, as CSV",
                            [this](const Context& c) { return GenPeople(c, people_); });
    people->add_option("--people", people_.people, "people; 0: as many as the records need");
    people->add_option("--records", people_.records, "stop at this many records; 0: all");
    people->add_option("--seed", people_.seed, "seed");
    people->add_option("--profile", people_.profile, "region, few, historical, heavy or chains");
    people->add_option("--truth-column", people_.truth_column, "name of the column of the truth");
    people->add_option("--out", people_.out, "CSV file")->required();
  }

  void AddStore() {
    CLI::App* noun = Noun("db", "stores of roles; stop hied first");
    CLI::App* hash = Verb(noun, "hash", "equal states give equal hashes",
                          [this](const Context& c) { return DbHash(c, store_); });
    CLI::App* checkpoint = Verb(noun, "checkpoint", "a complete copy of a role's store",
                                [this](const Context& c) { return DbCheckpoint(c, store_); });
    CLI::App* restore = Verb(noun, "restore", "put a checkpoint in place of a missing store",
                             [this](const Context& c) { return DbRestore(c, store_); });
    for (CLI::App* verb : {hash, checkpoint, restore}) {
      verb->add_option("--data_dir", store_.data_dir, "hied's data directory")->required();
      verb->add_option("--store", store_.role, "mpi, registry, consent, directory, audit-keys")
          ->required();
    }
    checkpoint->add_option("--out", store_.snapshot, "new directory")->required();
    restore->add_option("--from", store_.snapshot, "checkpoint")->required();
  }

  void AddMpi() {
    CLI::App* noun = Noun("mpi", "the master patient index");
    AddMpiLoad(noun);
    AddMpiVerbs(
        noun,
        [this](CLI::App* of, const char* name, const char* help,
               std::function<ExitCode(const Context&)> run) {
          return Verb(of, name, help, std::move(run));
        },
        mpi_);
    AddMpiFirstLoad(noun);
  }

  void AddMpiLoad(CLI::App* noun) {
    CLI::App* load = Verb(noun, "load", "register a file of patients; goes on where it broke off",
                          [this](const Context& c) { return MpiLoad(c, mpi_load_); });
    load->add_option("--in", mpi_load_.input.path, "CSV with a header, or .ndjson of FHIR Patients")
        ->required();
    load->add_option("--columns", mpi_load_.input.columns,
                     "column file of a CSV (`hiectl match columns --help`); it must name an id");
    load->add_option("--authority", mpi_load_.input.authority, "domain of the ids (OID)")
        ->required();
    load->add_option("--facility", mpi_load_.input.facility, "where the patients were seen");
    load->add_option("--load", mpi_load_.load_id, "UUIDv7; by default the file's own");
    load->add_option("--rejects", mpi_load_.rejects, "CSV of what was not registered, and why");
    Verb(noun, "link-hash", "who is who, as one hash; stop hied first",
         [this](const Context& c) { return MpiLinkHash(c, store_.data_dir); })
        ->add_option("--data_dir", store_.data_dir, "hied's data directory")
        ->required();
  }

  void AddMpiFirstLoad(CLI::App* noun) {
    CLI::App* load = Verb(noun, "first-load", "fill an empty index from files; stop hied first",
                          [this](const Context& c) { return MpiFirstLoad(c, mpi_first_load_); });
    load->add_option("files", mpi_first_load_.inputs,
                     "CSV with a header, or .ndjson of FHIR Patients; one or more")
        ->required();
    load->add_option("--data_dir", mpi_first_load_.data_dir, "hied's data directory")->required();
    load->add_option("--authority", mpi_first_load_.authorities,
                     "domain of the ids (OID); again for each file where they differ")
        ->required()
        ->allow_extra_args(false);
    load->add_option("--directory", mpi_first_load_.directory,
                     "the region's directory.textproto, whose domains say how ids are written");
    load->add_flag("--as-is", mpi_first_load_.ids_final, "ids are final; no directory is read");
    load->add_option("--columns", mpi_first_load_.columns,
                     "column file (`hiectl match columns --help`); it must name an id")
        ->allow_extra_args(false);
    load->add_option("--member", mpi_first_load_.member, "who loads, for the audit")->required();
    load->add_option("--model", mpi_first_load_.model,
                     "calibrated model; by default the shipped one, calibrated on the input");
    load->add_option("--started", mpi_first_load_.started,
                     "when a load that this one repeats was begun");
    load->add_option("--work_dir", mpi_first_load_.work_dir, "for about three times the input");
    load->add_option("--rejects", mpi_first_load_.rejects, "CSV of what was not loaded, and why");
    load->add_option("--threads", mpi_first_load_.threads, "at most this many")
        ->check(CLI::Range(1, 256));
  }

  void AddMatch() {
    CLI::App* noun = Noun("match", "match files offline, without the exchange");
    CLI::App* link = Verb(noun, "link", "who is one person in a file, or across two",
                          [this](const Context& c) { return MatchLink(c, match_); });
    CLI::App* pairs = Verb(noun, "pairs", "link, review or no for each pair of a file",
                           [this](const Context& c) { return MatchPairs(c, match_); });
    CLI::App* train = Verb(noun, "train", "learn a model from a file, without labels",
                           [this](const Context& c) { return MatchTrain(c, match_); });
    CLI::App* monitor = Verb(noun, "monitor", "values that say nothing, heavy keys, expected links",
                             [this](const Context& c) { return Monitor(c); });
    CLI::App* explain = Verb(noun, "explain", "why two records have their weight",
                             [this](const Context& c) { return MatchExplain(c, match_); });
    CLI::App* columns = Verb(noun, "columns", "propose a column file for a CSV",
                             [this](const Context& c) { return MatchColumns(c, match_); });
    columns->footer(kColumnFileHelp);
    columns->add_option("--in", match_.inputs, "CSV with a header")->required()->expected(1);
    for (CLI::App* verb : {link, pairs, train, monitor, explain}) AddMatchRun(verb);
    for (CLI::App* verb : {link, pairs}) {
      verb->add_flag("--train", match_.train, "learn from the file first");
      verb->add_option("--truth", match_.truth, "column to score by; never matched by");
    }
    for (CLI::App* verb : {pairs, explain}) {
      verb->add_option("--rules", match_.rules, "combinations to report; by default the shipped");
    }
    link->add_option("--out", match_.out, "CSV of clusters to write")->required();
    link->add_option("--review", match_.review, "CSV of review tasks to write");
    pairs->add_option("--out", match_.out, "CSV of outcomes to write")->required();
    pairs->add_option("--match-values", match_.match_values, "values of the truth that mean match")
        ->delimiter(',');
    train->add_option("--out", match_.out, "model file to write, a new one")->required();
    monitor->add_flag("--show-values", match_.show_values, "print the values; they may be PHI");
    CLI::Option* in = monitor->get_option("--in")->required(false);
    monitor->add_flag("--index", of_index_, "of the index, through the exchange")->excludes(in);
    explain->add_option("--row", match_.row, "row of a file of pairs, from 1");
    explain->add_option("--rows", match_.rows, "I,J: rows of a file, or of either of two")
        ->delimiter(',')
        ->expected(2);
    explain->add_option("--svg", match_.svg, "picture to write");
  }

  // Of a file, or of the index.
  ExitCode Monitor(const Context& context) {
    mpi_.seed = match_.seed;
    if (of_index_) return MpiMonitor(context, mpi_);
    if (!match_.inputs.empty()) return MatchMonitor(context, match_);
    return context.output.Fail(absl::InvalidArgumentError("--in: want a CSV, or --index"));
  }

  void AddMatchRun(CLI::App* verb) {
    verb->add_option("--in", match_.inputs, "CSV with a header; a second one to link across")
        ->required()
        ->expected(1, 2);
    verb->add_option("--columns", match_.columns, "column file (`hiectl match columns --help`)");
    verb->add_option("--model", match_.model, "model file; by default the shipped model");
    verb->add_option("--threads", match_.threads, "at most this many")->check(CLI::Range(1, 256));
    verb->add_option("--seed", match_.seed, "of every sample that is drawn");
    verb->add_option("--issues", match_.issues, "CSV of what is wrong with the rows");
  }

  CLI::App app_{"hiectl: administers a health information exchange"};
  std::string format_ = "table";
  SessionOptions session_;
  PatientFindOptions find_;
  PatientRegisterOptions register_;
  PatientDecideOptions decide_;
  QueryRunOptions query_;
  DocumentGetOptions document_;
  GlassOpenOptions glass_;
  AuditListOptions audit_;
  GenRegionOptions region_;
  GenPeopleOptions people_;
  PkiInitOptions pki_;
  DemoOptions demo_;
  StoreOptions store_;
  MatchOptions match_;
  MpiOptions mpi_;
  bool of_index_ = false;  // `match monitor --index`.
  MpiLoadOptions mpi_load_;
  MpiFirstLoadOptions mpi_first_load_;
  MemberAddOptions member_;
  MapNamespacesOptions namespaces_;
  ReplayOptions replay_;
  MoveOptions move_;
  MemberTestOptions member_test_;
  ClientOptions client_;
  ExceptionOptions exception_;
  std::string file_;
  std::string id_;
  std::function<ExitCode(const Context&)> run_;
};

}  // namespace

ExitCode RunCommandLine(int argc, char** argv, const Clock& clock, RandomSource& random) {
  CommandTree tree;
  const ExitCode parsed = tree.Parse(argc, argv);
  if (!tree.chosen()) return parsed;
  const auto terminal =
      isatty(STDERR_FILENO) == 1 ? Output::Terminal::kInteractive : Output::Terminal::kPlain;
  Output output(std::cout, std::cerr, tree.format(), terminal);
  return tree.Run(Context{output, clock, random, tree.session()});
}

}  // namespace hie::ctl

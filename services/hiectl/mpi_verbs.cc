#include "services/hiectl/mpi_verbs.h"

namespace hie::ctl {
namespace {

// Adds the verbs, one group at a time.
class Verbs {
 public:
  Verbs(CLI::App* noun, const AddVerb& verb, MpiOptions& options)
      : noun_(noun), verb_(verb), options_(options) {}

  void AddTasks() {
    CLI::App* tasks = Add(noun_, "tasks", "the review queue, in order of work", MpiTasks);
    tasks->add_option("--kind", options_.kind, "possible-link, overlay, person-review, ...");
    AddPatient(tasks, "only about this record");
    tasks->add_flag("--escalated", options_.escalated, "only those overdue or disputed");
    tasks->add_flag("--free", options_.free_only, "only those that nobody holds");
    AddPage(tasks, "after this task");
    CLI::App* task = noun_->add_subcommand("task", "one task of the review queue");
    task->require_subcommand(1);
    AddNumber(Add(task, "lease", "take a task, or hold it longer", MpiTaskLease), "--task");
    AddNumber(Add(task, "release", "give a task back", MpiTaskRelease), "--task");
    CLI::App* decide = Add(task, "decide", "answer a task that you hold", MpiTaskDecide);
    AddNumber(decide, "--task");
    decide->add_option("--verdict", options_.verdict, "same, different or cannot-say")->required();
    AddReasonFile(decide);
    decide->add_option("--first_version", options_.first_version, "of the first record as seen")
        ->required();
    decide->add_option("--second_version", options_.second_version, "of the second record as seen");
  }

  void AddEvents() {
    CLI::App* events = Add(noun_, "events", "what changed links, oldest first", MpiEvents);
    AddPatient(events, "only about this record");
    AddPage(events, "after this event");
    events->add_flag("--follow", options_.follow, "go on with events to come");
    CLI::App* undo = Add(noun_, "undo", "take an event back; tells what follows", MpiUndo);
    AddNumber(undo, "--event");
    AddReasonFile(undo);
    AddNumber(Add(noun_, "fallout", "what was filed and released since records were together",
                  MpiFallout),
              "--event");
    AddPatient(Add(noun_, "history", "a record's versions, events, decisions, tasks", MpiHistory))
        ->required();
    CLI::App* explain = Add(noun_, "explain", "why matching linked a record", MpiExplain);
    AddPatient(explain)->required();
    explain->add_option("--svg", options_.svg, "picture to write");
  }

  void AddPersons() {
    AddFile(Add(noun_, "golden", "a person as the sources that you may see agree best", MpiGolden),
            "a PatientSubject as JSON");
    CLI::App* decide = Add(noun_, "decide", "decide a pair of records, as a steward", MpiDecide);
    AddFile(decide, "a DecideLinkRequest as JSON");
    decide->add_option("--verdict", options_.verdict, "same or different")->required();
    AddFile(
        Add(noun_, "confirm", "confirm the link of your own record, as a registrar", MpiConfirm),
        "a ConfirmOwnLinkRequest as JSON");
    CLI::App* recalls =
        Add(noun_, "recalls", "notices that what was received may be another's", MpiRecalls);
    recalls->add_option("--member", options_.member, "by default your own");
    recalls->add_flag("--open", options_.open_only, "only those not acknowledged");
    AddNumber(Add(noun_, "recall-ack", "acknowledge a notice", MpiRecallAcknowledge), "--event");
  }

  void AddModels() {
    CLI::App* model = noun_->add_subcommand("model", "what matching scores with");
    model->require_subcommand(1);
    Add(model, "list", "models and activations", MpiModelList);
    CLI::App* show = Add(model, "show", "write a model to a file", MpiModelShow);
    AddHash(show);
    show->add_option("--out", options_.out, "file to write, a new one")->required();
    AddFile(Add(model, "put", "store a model from a file (`hiectl match train`)", MpiModelPut),
            "model file");
    CLI::App* train =
        Add(model, "train", "learn from the index; stores, activates nothing", MpiModelTrain);
    train->add_flag("--matches", options_.learn, "learn how records of one person agree, too");
    AddSample(train);
    CLI::App* simulate =
        Add(model, "simulate", "what a model would change; changes nothing", MpiModelSimulate);
    AddHash(simulate);
    AddSample(simulate);
    simulate->add_option("--examples", options_.shown_max, "of each kind, at most");
    CLI::App* activate = Add(model, "activate", "score with a model from now on", MpiModelActivate);
    AddHash(activate);
    AddReason(activate);
    CLI::App* rollback =
        Add(model, "rollback", "score with the model before again", MpiModelRollBack);
    AddReason(rollback);
  }

  void AddRuns() {
    AddSample(Add(noun_, "monitor", "how matching fares", MpiMonitor));
    Add(noun_, "scrub", "check the whole index", MpiScrub)
        ->add_option("--findings", options_.shown_max, "shown at most");
  }

 private:
  CLI::App* Add(CLI::App* noun, const char* name, const char* help,
                ExitCode (*command)(const Context&, const MpiOptions&)) {
    return verb_(noun, name, help, [this_options = &options_, command](const Context& context) {
      return command(context, *this_options);
    });
  }
  CLI::Option* AddPatient(CLI::App* verb, const char* help = "the record") {
    return verb->add_option("--patient", options_.patient,
                            std::string(help) + ": file of a LocalPatient as JSON, - is stdin");
  }
  void AddFile(CLI::App* verb, const char* help) {
    verb->add_option("--file", options_.file, help)->required();
  }
  void AddNumber(CLI::App* verb, const char* name) {
    verb->add_option(name, options_.number, "its number")->required();
  }
  void AddPage(CLI::App* verb, const char* after) {
    verb->add_option("--after", options_.after, after);
    verb->add_option("--limit", options_.limit, "at most this many, 1..100");
  }
  void AddReasonFile(CLI::App* verb) {
    verb->add_option("--reason_file", options_.reason_file, "why, in words; - is stdin")
        ->required();
  }
  void AddReason(CLI::App* verb) {
    verb->add_option("--reason", options_.reason, "why, without patient data")->required();
    verb->add_option("--expected", options_.expected, "hash of the model that must be active");
  }
  void AddHash(CLI::App* verb) {
    verb->add_option("--hash", options_.hash, "of the model; by default the shipped one");
  }
  void AddSample(CLI::App* verb) {
    verb->add_option("--seed", options_.seed, "of every sample that is drawn");
    verb->add_option("--records", options_.records_max, "looked at, at most");
  }

  CLI::App* const noun_;
  const AddVerb& verb_;
  MpiOptions& options_;
};

}  // namespace

void AddMpiVerbs(CLI::App* noun, const AddVerb& verb, MpiOptions& options) {
  Verbs verbs(noun, verb, options);
  verbs.AddTasks();
  verbs.AddEvents();
  verbs.AddPersons();
  verbs.AddModels();
  verbs.AddRuns();
}

}  // namespace hie::ctl

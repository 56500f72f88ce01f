// Each process writes its id and that of a child of its own, so that tests can see whether they are gone.
const string Sleeper = "echo pid $$; sleep 1000 & echo pid $!; wait";

var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { Args = args, DisableDashboard = true });
var first = builder.AddExecutable("first", "bash", ".", "-c", Sleeper);
var second = builder.AddExecutable("second", "bash", ".", "-c", builder.Configuration["Second"] ?? Sleeper).WithHttpEndpoint().WaitFor(first);
if (builder.Configuration["Second"] is not null)
{
    second.WithHttpHealthCheck(); // which no script answers
}

builder.Build().Run();

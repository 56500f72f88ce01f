using System.Runtime.InteropServices;
using StoryPortal.Bench;
using StoryPortal.Bench.Load;
using StoryPortal.Bench.Measurement;
using StoryPortal.Bench.Scenarios;
using StoryPortal.Bench.Servers;
using StoryPortal.Bench.Soak;

switch (args)
{
    case ["serve-bytes", var port, var file]:
        return await BareKestrel.ServeAsync(port, file);
    case ["serve-proxy", var http, var https, var certificate, var hub]:
        return await BareYarp.ServeAsync(http, https, certificate, hub);
}

var load = args is ["load", ..] ? LoadCommand.TryParse(args.AsSpan(1)) : null;
var soak = args is ["soak", ..] ? SoakCommand.TryParse(args.AsSpan(1)) : null;
var isOther = args is ["load" or "soak", ..];
if ((isOther && load is null && soak is null) || BenchmarkOptions.TryParse(isOther ? [] : args) is not { } options)
{
    Console.Error.WriteLine(BenchmarkOptions.Usage);
    return 2;
}

var benchmarks = BenchmarkCatalog.Select(options);
if (benchmarks.Count == 0)
{
    var names = string.Join(", ", BenchmarkCatalog.All.Select(benchmark => benchmark.Name));
    Console.Error.WriteLine($"No benchmark's name contains {string.Join(" or ", options.Names)}. There are: {names}");
    return 2;
}

using var interrupted = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
try
{
    if (load is not null)
    {
        return await load.RunAsync(interrupted.Token);
    }

    if (soak is not null)
    {
        return await soak.RunAsync(interrupted.Token);
    }

    await using var environment = await BenchmarkEnvironment.CreateAsync(options, interrupted.Token);
    return await BenchmarkRunner.RunAsync(benchmarks, environment);
}
catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
{
    return 130;
}
catch (MeasurementFailedException failed)
{
    Console.Error.WriteLine(failed.Message);
    return 1;
}

void Interrupt(PosixSignalContext signal)
{
    signal.Cancel = true;
    interrupted.Cancel();
}

using System.Runtime.InteropServices;
using StoryPortal.Bench;
using StoryPortal.Bench.Load;
using StoryPortal.Bench.Measuring;
using StoryPortal.Bench.Rows;
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
if ((isOther && load is null && soak is null) || BenchOptions.TryParse(isOther ? [] : args) is not { } options)
{
    Console.Error.WriteLine(BenchOptions.Usage);
    return 2;
}

var rows = AllRows.Of(options);
if (rows.Count == 0)
{
    Console.Error.WriteLine($"No row's name contains {string.Join(" or ", options.Names)}. There are: {string.Join(", ", AllRows.Of(options with { Names = [] }).Select(row => row.Name))}");
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

    await using var stage = await Stage.SetAsync(options, interrupted.Token);
    await Benchmark.RunAsync(rows, stage);
    return 0;
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

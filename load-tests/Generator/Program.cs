using System.Diagnostics;
using Npgsql;
using StoryPortal.Generator;

if (GeneratorArguments.TryParse(args, Environment.GetEnvironmentVariable("DATABASE_URL"), out var arguments) is { } complaint)
{
    Console.Error.WriteLine(complaint);
    Console.Error.WriteLine(GeneratorArguments.Usage);
    return 2;
}

using var interrupted = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    interrupted.Cancel();
};

try
{
    await using var database = NpgsqlDataSource.Create(arguments!.ConnectionString);
    var dataset = new Dataset(arguments.Size, arguments.Seed);
    var watch = Stopwatch.StartNew();
    if (arguments.Replace)
    {
        await Dataset.EmptyAsync(database, interrupted.Token);
    }

    await dataset.FillAsync(database, Console.WriteLine, interrupted.Token);
    Console.WriteLine($"done after {watch.Elapsed.TotalSeconds:F0} s");
    return 0;
}
catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
{
    Console.Error.WriteLine("interrupted: a table that was not complete is as it was before");
    return 130;
}
catch (NpgsqlException exception)
{
    Console.Error.WriteLine($"the database could not be filled: {exception.Message}");
    Console.Error.WriteLine("Is it there, and did the data-layer worker make its tables?");
    return 1;
}

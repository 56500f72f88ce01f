using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Json;
using StoryPortal.DataLayer.Services;
using StoryPortal.ServiceDefaults;
using StoryPortal.ServiceDefaults.Caching;
using StoryPortal.ServiceDefaults.Problems;
using StoryPortal.ServiceHub.Documentation;
using StoryPortal.ServiceHub.Http;
using StoryPortal.ServiceHub.Services.Health;

namespace StoryPortal.ServiceHub.Services;

/// <summary><c>/v1/services/{name}/instances/{id}</c>: where instances come, stay and go.</summary>
internal static class InstanceEndpoints
{
    private static readonly StoryJson Json = StoryJson.Contracts;

    public static void MapInstances(this IEndpointRouteBuilder services)
    {
        var store = services.ServiceProvider.GetRequiredService<ServiceStore>();
        services.MapGet("/{name}/instances/{id}", GetAsync)
            .WithName("GetInstance").WithSummary("Read an instance of a service")
            .Produces<ServiceInstance>().ProducesProblem(StatusCodes.Status404NotFound);

        var instance = services.MapGroup("/{name}/instances/{id}").WithMetadata(new ChangesServices());

        instance.MapPut("/", RegisterAsync)
            .WithName("RegisterInstance").WithSummary("Register an instance of a service, or renew its lease")
            .WithDescription(
                "The service belongs to the key that registered it first: only that key and administrators change it and its instances, "
                + "others get 403. "
                + "409: the owner has the maximum number of services or instances. "
                + "What it says of the service (`version`, `layer`, `description`, `tags`) holds for the service until another registration says something else; "
                + "what a registration leaves out stays as it is. "
                + "Repeating a registration changes nothing but the lease. "
                + "What a GET returned can be sent back: `status` and `registered_at` are read-only, and refused when they differ from what is stored.")
            .WithBodyLimit(BodyLimits.Document)
            .TakesPreconditions(LockAsync, Json.ServiceInstance).ReturnsRepresentation()
            .Accepts<NewInstance>(JsonBody.ContentType)
            .WithExample("""{"url": "http://10.0.0.7:8080", "version": "1.4.0", "layer": "L04", "description": "Writes chapters", "tags": ["writer"], "lease_seconds": 30}""")
            .Produces<ServiceInstance>().Produces<ServiceInstance>(StatusCodes.Status201Created)
            .ProducesProblem(StatusCodes.Status409Conflict);

        instance.MapPost("/heartbeat", HeartbeatAsync)
            .WithName("HeartbeatInstance").WithSummary("Renew the lease of an instance")
            .WithDescription("404 when it is not there, because it was removed or never came: register it again.")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound);

        instance.MapDelete("/", DeregisterAsync)
            .WithName("DeregisterInstance").WithSummary("Remove an instance, and its service with the last one")
            .TakesPreconditions(LockAsync, Json.ServiceInstance)
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound);

        Task<ServiceInstance?> LockAsync(EndpointFilterInvocationContext call, CancellationToken cancellationToken)
        {
            var (name, id) = (call.GetArgument<string>(0), call.GetArgument<string>(1));
            Check(name, id);
            return store.LockInstanceAsync(name, id, cancellationToken);
        }
    }

    private static async Task<IResult> GetAsync(string name, string id, ServiceStore store, CancellationToken cancellationToken)
    {
        Check(name, id);
        return await store.GetInstanceAsync(name, id, cancellationToken) is { } instance ? new JsonAnswer<ServiceInstance>(instance, Json.ServiceInstance) : NotFound(name, id);
    }

    private static async Task<IResult> RegisterAsync(
        string name, string id, HttpRequest request, HttpContext context, ServiceStore store, StoryDatabase database, HealthAddresses addresses,
        IOptions<RegistryOptions> options, CancellationToken cancellationToken)
    {
        var sent = await JsonBody.ReadAsync(request, Json.NewInstance, cancellationToken);
        var errors = new InputErrors();
        errors.CheckNames(name, id);
        errors.ReadOnly("id", sent.Id, id);
        errors.Check(sent);
        addresses.Check(errors, sent.HealthUrl);
        errors.ThrowIfAny();

        var limits = new OwnerLimits(options.Value.MaxServicesPerOwner, options.Value.MaxInstancesPerOwner);
        var registered = await ReadOnlyMembers.WriteAsync(
            database, sent.Status is not null || sent.RegisteredAt is not null, () => store.LockInstanceAsync(name, id, cancellationToken), sent.CheckReadOnly,
            () => store.RegisterAsync(name, id, sent, context.RegistryCaller, limits, cancellationToken), cancellationToken);
        Tell(context, registered);
        return new JsonAnswer<ServiceInstance>(registered.Instance, Json.ServiceInstance, registered.Created ? StatusCodes.Status201Created : StatusCodes.Status200OK)
        {
            Location = registered.Created ? $"/v1/services/{Uri.EscapeDataString(name)}" : null,
        };
    }

    private static async Task<IResult> HeartbeatAsync(string name, string id, HttpContext context, LeaseStore leases, CancellationToken cancellationToken)
    {
        Check(name, id);
        if (await leases.HeartbeatAsync(name, id, context.RegistryCaller, cancellationToken) is not { } change)
        {
            return TypedResults.Problem(
                $"There is no instance '{id}' of '{name}': it was removed, or never came. Register it again.", statusCode: StatusCodes.Status404NotFound);
        }

        Tell(context, change);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> DeregisterAsync(string name, string id, HttpContext context, ServiceStore store, CancellationToken cancellationToken)
    {
        Check(name, id);
        return await store.DeregisterAsync(name, id, context.RegistryCaller, cancellationToken)
            ? TypedResults.NoContent()
            : NotFound(name, id);
    }

    private static ProblemHttpResult NotFound(string name, string id) =>
        TypedResults.Problem($"There is no instance '{id}' of '{name}'.", statusCode: StatusCodes.Status404NotFound);

    private static void Check(string name, string id)
    {
        var errors = new InputErrors();
        errors.CheckNames(name, id);
        errors.ThrowIfAny();
    }

    // The gateway ends what it keeps with each write, unless it hears that there was nothing to see.
    private static void Tell(HttpContext context, RegistryChange change)
    {
        if (change.Index is null)
        {
            context.Response.Headers[ChangeHeader.Name] = ChangeHeader.None;
        }
    }
}
